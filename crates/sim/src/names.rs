//! Names of people who do not exist: surnames as frequent as real ones, given names by combination.
//!
//! Weights are ours: rounded, in the order and size of the name reports of the Ministry of Public
//! Security (the five commonest surnames carry about three people in ten). Any likeness to a living
//! person is chance. Start with [`NameBook::draw`].

use crate::person::Sex;
use crate::streams::Stream;

/// One surname a line: characters, pinyin, weight.
const SURNAMES: &str = include_str!("../data/surnames.txt");

// Characters of given names, each followed by its sound.
const MEN_OLDER: &str = "\
    建jian 国guo 华hua 明ming 德de 福fu 贵gui 生sheng 文wen 志zhi \
    强qiang 军jun 平ping 光guang 永yong 忠zhong 祥xiang 根gen 兴xing 友you \
    才cai 全quan 金jin 荣rong 庆qing 春chun 树shu 云yun 长chang 林lin";
const WOMEN_OLDER: &str = "\
    秀xiu 英ying 桂gui 兰lan 玉yu 珍zhen 凤feng 芳fang 淑shu 梅mei \
    素su 琴qin 月yue 华hua 红hong 霞xia 丽li 美mei 莲lian 香xiang \
    翠cui 爱ai 春chun 菊ju 敏min 静jing 惠hui 琼qiong 彩cai 云yun";
const MEN_YOUNGER: &str = "\
    浩hao 宇yu 轩xuan 杰jie 俊jun 涛tao 鹏peng 博bo 伟wei 磊lei \
    鑫xin 子zi 泽ze 晨chen 睿rui 嘉jia 铭ming 超chao 凯kai 旭xu \
    航hang 逸yi 昊hao 然ran 天tian 一yi 辰chen 彬bin 阳yang 恒heng";
const WOMEN_YOUNGER: &str = "\
    婷ting 雪xue 欣xin 怡yi 佳jia 雨yu 涵han 梓zi 诗shi 琪qi \
    思si 晓xiao 萌meng 娜na 颖ying 倩qian 雅ya 琳lin 可ke 悦yue \
    若ruo 心xin 语yu 彤tong 慧hui 蕾lei 瑶yao 梦meng 洁jie 宁ning";

/// Those born before this year carry the older characters.
const YOUNGER_FROM: i16 = 1978;

/// A surname from the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Surname(usize);

/// A name in Chinese and in pinyin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) zh: String,
    pub(crate) latin: String,
}

/// Draws names from one stream.
#[derive(Debug)]
pub(crate) struct NameBook {
    stream: Stream,
    surnames: Vec<(&'static str, &'static str, u32)>,
}

impl NameBook {
    pub(crate) fn new(stream: Stream) -> Self {
        let surnames = SURNAMES.lines().filter_map(surname_line).collect();
        Self { stream, surnames }
    }

    pub(crate) fn surname(&mut self) -> Surname {
        Surname(self.stream.weighted(self.surnames.iter().map(|s| s.2)))
    }

    /// The child's surname: the father's, in one family of fourteen the mother's.
    pub(crate) fn inherited(&mut self, father: Surname, mother: Surname) -> Surname {
        if self.stream.percent(7) {
            mother
        } else {
            father
        }
    }

    /// A full name for somebody of this sex and year of birth.
    pub(crate) fn draw(&mut self, surname: Surname, sex: Sex, born: i16) -> Name {
        let characters = match (sex, born < YOUNGER_FROM) {
            (Sex::Male, true) => MEN_OLDER,
            (Sex::Female, true) => WOMEN_OLDER,
            (Sex::Male, false) => MEN_YOUNGER,
            (Sex::Female, false) => WOMEN_YOUNGER,
        };
        let (family, family_latin, _) = self
            .surnames
            .get(surname.0)
            .copied()
            .unwrap_or(("王", "Wang", 0));
        let (mut zh, mut given) = (family.to_owned(), String::new());
        let length = if self.stream.percent(14) { 1 } else { 2 };
        let characters: Vec<&str> = characters.split_whitespace().collect();
        for _ in 0..length {
            let pair = self.stream.pick(&characters).copied().unwrap_or("明ming");
            let (character, sound) = pair.split_at(pair.chars().next().map_or(0, char::len_utf8));
            zh.push_str(character);
            given.push_str(sound);
        }
        Name {
            zh,
            latin: format!("{family_latin} {}", capital(&given)),
        }
    }

    /// Somebody with a surname of their own.
    pub(crate) fn anybody(&mut self, sex: Sex, born: i16) -> Name {
        let surname = self.surname();
        self.draw(surname, sex, born)
    }
}

fn surname_line(line: &'static str) -> Option<(&'static str, &'static str, u32)> {
    let mut parts = line.split_whitespace();
    Some((parts.next()?, parts.next()?, parts.next()?.parse().ok()?))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::Streams;
    use std::collections::BTreeMap;

    #[test]
    fn the_five_commonest_surnames_carry_about_three_people_in_ten() {
        let mut book = NameBook::new(Streams::of(1).named("names"));
        let mut seen: BTreeMap<usize, u32> = BTreeMap::new();
        for _ in 0..20_000 {
            *seen.entry(book.surname().0).or_default() += 1;
        }
        let top: u32 = (0..5).filter_map(|at| seen.get(&at)).sum();
        assert!((5_500..8_500).contains(&top), "{top} of 20000");
    }

    #[test]
    fn every_line_of_the_surname_table_is_read() {
        let book = NameBook::new(Streams::of(1).named("names"));
        assert_eq!(book.surnames.len(), SURNAMES.lines().count());
    }

    #[test]
    fn pinyin_is_written_surname_first() {
        let mut book = NameBook::new(Streams::of(1).named("names"));
        let name = book.draw(Surname(0), Sex::Female, 1950);
        assert!(
            name.zh.starts_with('王') && name.latin.starts_with("Wang "),
            "{name:?}"
        );
    }
}
