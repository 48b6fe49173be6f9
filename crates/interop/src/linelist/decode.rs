//! Bytes to text: finds out the encoding and says when something could not be read.

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

/// How the text of a file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB 18030, which contains GBK and GB 2312.
    Gb18030,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// No text file: a sheet of an XLSX workbook.
    Xlsx,
}

impl Encoding {
    /// The usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB 18030",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Xlsx => "XLSX",
        }
    }
}

/// A decoded file.
#[derive(Debug)]
pub(super) struct Decoded {
    pub text: String,
    pub encoding: Encoding,
    /// Places that were no text and now show as U+FFFD.
    pub undecodable: usize,
}

/// Decodes a file. A byte order mark decides; else what is valid UTF-8 is UTF-8, even with some
/// damage, and the rest is read as GB 18030.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return lossy_utf8(rest);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return with(UTF_16LE, Encoding::Utf16Le, rest);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return with(UTF_16BE, Encoding::Utf16Be, rest);
    }
    match zeros(bytes) {
        Some(Encoding::Utf16Le) => return with(UTF_16LE, Encoding::Utf16Le, bytes),
        Some(Encoding::Utf16Be) => return with(UTF_16BE, Encoding::Utf16Be, bytes),
        Some(Encoding::Utf8 | Encoding::Gb18030 | Encoding::Xlsx) | None => {}
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded {
            text: text.to_owned(),
            encoding: Encoding::Utf8,
            undecodable: 0,
        };
    }
    // Chinese text of GB 18030 hardly ever forms the three-byte characters of UTF-8 by chance.
    let utf8 = lossy_utf8(bytes);
    let long = utf8
        .text
        .chars()
        .filter(|c| c.len_utf8() > 2 && *c != char::REPLACEMENT_CHARACTER)
        .count();
    if long >= utf8.undecodable * LONG_PER_FAULT {
        utf8
    } else {
        with(GB18030, Encoding::Gb18030, bytes)
    }
}

/// So many long characters per unreadable place make a file a damaged UTF-8 file.
const LONG_PER_FAULT: usize = 4;

fn lossy_utf8(bytes: &[u8]) -> Decoded {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let undecodable = if std::str::from_utf8(bytes).is_ok() {
        0
    } else {
        replaced(&text)
    };
    Decoded {
        text,
        encoding: Encoding::Utf8,
        undecodable,
    }
}

fn with(codec: &'static encoding_rs::Encoding, encoding: Encoding, bytes: &[u8]) -> Decoded {
    let (text, had_errors) = codec.decode_without_bom_handling(bytes);
    let undecodable = if had_errors { replaced(&text) } else { 0 };
    Decoded {
        text: text.into_owned(),
        encoding,
        undecodable,
    }
}

fn replaced(text: &str) -> usize {
    text.chars()
        .filter(|c| *c == char::REPLACEMENT_CHARACTER)
        .count()
}

/// UTF-16 without a mark shows in ASCII separators and digits: every other byte is zero.
fn zeros(bytes: &[u8]) -> Option<Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 8 {
        return None;
    }
    let (mut even, mut odd) = (0, 0);
    for pair in head.chunks_exact(2) {
        even += usize::from(pair[0] == 0 && pair[1] != 0);
        odd += usize::from(pair[1] == 0 && pair[0] != 0);
    }
    let quarter = head.len() / 8;
    if odd > quarter && even == 0 {
        Some(Encoding::Utf16Le)
    } else if even > quarter && odd == 0 {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_is_found_out() {
        let text = "姓名,性别\n张三,男\n";
        let gb = GB18030.encode(text).0.into_owned();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut marked = vec![0xff, 0xfe];
        marked.extend(&utf16);
        let mut bom = vec![0xef, 0xbb, 0xbf];
        bom.extend(text.as_bytes());
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (bom, Encoding::Utf8),
            (gb, Encoding::Gb18030),
            (marked, Encoding::Utf16Le),
        ] {
            let decoded = decode(&bytes);
            assert_eq!(
                (decoded.text.as_str(), decoded.encoding, decoded.undecodable),
                (text, encoding, 0)
            );
        }
    }

    #[test]
    fn a_broken_utf8_file_stays_utf8_and_says_how_much_was_lost() {
        let mut bytes = "姓名,性别,住址,电话\n".repeat(3).into_bytes();
        bytes.push(0xff);
        let decoded = decode(&bytes);
        assert_eq!((decoded.encoding, decoded.undecodable), (Encoding::Utf8, 1));
    }
}
