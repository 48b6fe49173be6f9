//! Reads a licence expression (SPDX: `MIT OR Apache-2.0`, `(A AND B) WITH C`) against an allow-list.
//!
//! Knows nothing of packages. An expression that cannot be read is not allowed.

/// True when the expression can be met with allowed licences alone.
///
/// `A/B` is the old spelling of `A OR B`. `X WITH Y` is allowed when the list holds `X WITH Y` or `X`.
pub fn allowed(expression: &str, allow: &[String]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader {
        tokens: &tokens,
        allow,
    };
    reader.any() == Some(true) && reader.tokens.is_empty()
}

struct Reader<'a> {
    tokens: &'a [&'a str],
    allow: &'a [String],
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        match self.tokens {
            [first, rest @ ..] if *first == word => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Option<bool> {
        let mut holds = self.all()?;
        while self.take("OR") {
            let other = self.all()?;
            holds = holds || other;
        }
        Some(holds)
    }

    fn all(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.take("AND") {
            let other = self.one()?;
            holds = holds && other;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let inner = self.any()?;
            return self.take(")").then_some(inner);
        }
        let (name, rest) = self.tokens.split_first()?;
        if ["OR", "AND", "WITH", ")"].contains(name) {
            return None;
        }
        self.tokens = rest;
        let mut holds = self.holds(name);
        if self.take("WITH") {
            let (exception, rest) = self.tokens.split_first()?;
            self.tokens = rest;
            holds = holds || self.holds(&format!("{name} WITH {exception}"));
        }
        Some(holds)
    }

    fn holds(&self, name: &str) -> bool {
        self.allow.iter().any(|allowed| allowed == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: bool) {
        let allow = ["MIT", "Apache-2.0", "Unicode-3.0", "BSD-2-Clause WITH X"].map(str::to_owned);
        assert_eq!(allowed(expression, &allow), expected, "{expression}");
    }

    #[test]
    fn one_allowed_choice_is_enough_and_every_part_of_a_sum_is_needed() {
        check("MIT", true);
        check("GPL-3.0-only", false);
        check("MIT OR GPL-3.0-only", true);
        check("GPL-3.0-only/MIT", true);
        check("MIT AND GPL-3.0-only", false);
        check("(MIT OR GPL-3.0-only) AND Unicode-3.0", true);
        check("MIT OR GPL-3.0-only AND GPL-2.0-only", true);
    }

    #[test]
    fn an_exception_widens_its_licence() {
        check("Apache-2.0 WITH LLVM-exception", true);
        check("BSD-2-Clause WITH X", true);
        check("BSD-2-Clause", false);
    }

    #[test]
    fn what_cannot_be_read_is_not_allowed() {
        for broken in ["", "MIT OR", "(MIT", "MIT MIT", "OR MIT", "MIT)"] {
            check(broken, false);
        }
    }
}
