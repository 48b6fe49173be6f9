//! One macro for enums that people see in two languages and files see by a stable code.

/// Declares a field-less enum with `ALL`, `code`, `from_code`, `zh`, `en` and `Display` (the code).
macro_rules! coded {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $($(#[$item_doc:meta])* $item:ident = $code:literal, $zh:literal, $en:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$item_doc])* $item,)*
        }

        impl $name {
            /// All of them, in the order in which lists show them.
            pub const ALL: &'static [Self] = &[$(Self::$item),*];

            /// The stable code, as stored, audited and written in policies.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$item => $code,)* }
            }

            /// The one with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }

            /// The name in Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$item => $zh,)* }
            }

            /// The name in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$item => $en,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use coded;
