//! How a name sounds: pinyin of Chinese characters, letters as they are; and where a Chinese name divides.

use pinyin::ToPinyin as _;

/// The sound of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sound {
    pub chinese: bool,
    pub full: String,
    pub rough: String,
    pub initials: String,
}

/// Family names of two characters (List of the Hundred Family Names and common later ones).
const DOUBLE: &[&str] = &[
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛",
    "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容",
    "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "令狐", "轩辕", "呼延", "完颜", "东郭",
    "西门", "百里", "拓跋",
];

/// The sound of a name of letters or characters without blanks.
pub(super) fn of(name: &str) -> Sound {
    let mut sound = Sound::default();
    for c in name.chars() {
        if let Some(syllable) = c.to_pinyin() {
            let plain = syllable.plain();
            sound.chinese = true;
            sound.full.push_str(plain);
            sound.rough.push_str(&rough(plain));
            sound.initials.extend(plain.chars().next());
        } else {
            sound.full.push(c);
            sound.rough.push(c);
        }
    }
    if !sound.chinese {
        sound.rough = soundex_like(name);
        sound.initials.extend(name.chars().next());
    }
    sound
}

/// A syllable with what speakers of many dialects do not tell apart made equal.
fn rough(syllable: &str) -> String {
    let mut rough = syllable.to_owned();
    for (from, to) in [
        ("zh", "z"),
        ("ch", "c"),
        ("sh", "s"),
        ("ang", "an"),
        ("eng", "en"),
        ("ing", "in"),
    ] {
        rough = rough.replace(from, to);
    }
    match rough.strip_prefix('l') {
        Some(rest) => format!("n{rest}"),
        None => rough,
    }
}

/// First letter and the classes of the next consonants, as in Soundex, for names in letters.
fn soundex_like(name: &str) -> String {
    let class = |c: char| match c {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        _ => '0',
    };
    let mut rough = String::new();
    let mut last = '0';
    for (at, c) in name.chars().enumerate() {
        let code = class(c);
        if at == 0 {
            rough.push(c);
        } else if code != '0' && code != last {
            rough.push(code);
        }
        last = code;
    }
    rough
}

/// Family name and given name of a name in one. A name in letters is taken to have its family name last when it
/// has several words; one word alone is a given name.
pub(super) fn split(full: &str) -> (Option<String>, Option<String>) {
    let chinese = full.chars().any(|c| c.to_pinyin().is_some());
    if !chinese || full.contains('·') {
        let words: Vec<&str> = full
            .split([' ', '·'])
            .filter(|word| !word.is_empty())
            .collect();
        return match words.split_last() {
            Some((last, first)) if !first.is_empty() => {
                (Some((*last).to_owned()), Some(first.concat()))
            }
            _ => (None, words.first().map(|word| (*word).to_owned())),
        };
    }
    let chars: Vec<char> = full.chars().filter(|c| *c != ' ').collect();
    let two: String = chars.iter().take(2).collect();
    let at = if chars.len() > 2 && DOUBLE.contains(&two.as_str()) {
        2
    } else {
        1
    };
    let part = |chars: &[char]| (!chars.is_empty()).then(|| chars.iter().collect::<String>());
    (
        part(&chars[..at.min(chars.len())]),
        part(chars.get(at..).unwrap_or_default()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_and_letters_of_one_name_sound_the_same() {
        assert_eq!(of("李明").full, of("liming").full);
        assert_eq!(of("伟").full, of("玮").full);
        assert_ne!(of("程").full, of("陈").full);
        assert_eq!(of("程").rough, of("陈").rough);
        assert_eq!(of("smith").rough, of("smyth").rough);
    }

    #[test]
    fn names_divide_where_their_script_divides_them() {
        let some = |a: &str, b: &str| (Some(a.to_owned()), Some(b.to_owned()));
        assert_eq!(split("欧阳修"), some("欧阳", "修"));
        assert_eq!(split("王伟"), some("王", "伟"));
        assert_eq!(split("欧阳"), some("欧", "阳"));
        assert_eq!(split("john smith"), some("smith", "john"));
        assert_eq!(split("王"), (Some("王".to_owned()), None));
        assert_eq!(split(""), (None, None));
    }
}
