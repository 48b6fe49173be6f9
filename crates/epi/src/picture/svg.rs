//! The text of a picture, and the scale of an axis.

use std::fmt::Write as _;

/// Width of a picture.
pub(super) const WIDTH: f64 = 840.0;
/// Dark text and lines.
pub(super) const INK: &str = "#1f2933";
/// Bars.
pub(super) const BAR: &str = "#9fb3c8";
/// Lines of estimates.
pub(super) const LINE: &str = "#1c5d99";
/// Bands around them.
pub(super) const BAND: &str = "#bcd7ee";
/// Alarms and clusters.
pub(super) const ALARM: &str = "#b3261e";
/// Lines of the grid.
const GRID: &str = "#d9e2ec";

/// A picture that is being drawn.
pub(super) struct Svg {
    text: String,
}

/// What must not stand in a text as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML knows no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

/// A place in the picture, to a hundredth.
fn place(x: f64) -> f64 {
    (x * 100.0).round() / 100.0 + 0.0
}

/// A value as it is told: to four significant places.
pub(super) fn told(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{}", x + 0.0);
    }
    // The exponent that Rust writes is that of the first place.
    let text = format!("{x:.3e}");
    let exponent = text
        .rsplit('e')
        .next()
        .and_then(|e| e.parse::<i32>().ok())
        .unwrap_or(0);
    let places = usize::try_from(3 - exponent).unwrap_or(0).min(15);
    let text = format!("{x:.places$}");
    if places == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Svg {
    /// A picture of this height with a title and a sentence that says what is to be seen.
    pub fn new(height: f64, language: &str, title: &str, what: &str) -> Self {
        let mut svg = Self {
            text: String::new(),
        };
        svg.push(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
             aria-labelledby=\"title desc\" lang=\"{language}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{INK}\">",
            place(height)
        ));
        svg.push(&format!("<title id=\"title\">{}</title>", escape(title)));
        svg.push(&format!("<desc id=\"desc\">{}</desc>", escape(what)));
        svg.push(&format!(
            "<rect width=\"{WIDTH}\" height=\"{}\" fill=\"#ffffff\"/>",
            place(height)
        ));
        svg.push(&format!(
            "<text x=\"{}\" y=\"18\" text-anchor=\"middle\" font-size=\"14\" font-weight=\"bold\">{}</text>",
            WIDTH / 2.0,
            escape(title)
        ));
        svg
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub fn words(&mut self, x: f64, y: f64, anchor: &str, words: &str) {
        self.push(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            place(x),
            place(y),
            escape(words)
        ));
    }

    /// Words that stand over marks: a white edge keeps them readable.
    pub fn words_over(&mut self, x: f64, y: f64, words: &str) {
        self.push(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
            place(x),
            place(y),
            escape(words)
        ));
    }

    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str, width: f64) {
        self.push(&format!(
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{colour}\" stroke-width=\"{}\"/>",
            place(x1),
            place(y1),
            place(x2),
            place(y2),
            place(width)
        ));
    }

    pub fn grid(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.line(from, to, GRID, 1.0);
    }

    pub fn bar(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        colour: &str,
        title: &str,
    ) {
        self.push(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\"><title>{}</title></rect>",
            place(x),
            place(y),
            place(width),
            place(height),
            escape(title)
        ));
    }

    pub fn dot(&mut self, (x, y): (f64, f64), r: f64, colour: &str, title: &str) {
        self.push(&format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{colour}\"><title>{}</title></circle>",
            place(x),
            place(y),
            place(r),
            escape(title)
        ));
    }

    pub fn ring(&mut self, (x, y): (f64, f64), r: f64, colour: &str, title: &str) {
        self.push(&format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"><title>{}</title></circle>",
            place(x),
            place(y),
            place(r),
            escape(title)
        ));
    }

    /// A line through points, or an area around them.
    pub fn path(&mut self, points: &[(f64, f64)], closed: bool, colour: &str) {
        let mut d = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let step = if at == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{step}{} {}", place(*x), place(*y));
        }
        let style = match closed {
            true => format!("fill=\"{colour}\" stroke=\"none\""),
            false => format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\""),
        };
        let end = if closed { "Z" } else { "" };
        self.push(&format!("<path d=\"{d}{end}\" {style}/>"));
    }

    /// What follows, until [`Svg::end`], is cut off above and below these heights.
    pub fn within(&mut self, from: f64, to: f64) {
        let (from, height) = (place(from), place(to - from));
        self.push(&format!(
            "<svg y=\"{from}\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 {from} {WIDTH} {height}\">"
        ));
    }

    /// Ends what [`Svg::within`] began.
    pub fn end(&mut self) {
        self.push("</svg>");
    }

    pub fn done(mut self) -> String {
        self.push("</svg>");
        self.text
    }
}

/// A scale from values to places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    pub from: f64,
    pub to: f64,
}

impl Scale {
    pub fn at(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        let share = if span > 0.0 {
            (value - self.low) / span
        } else {
            0.5
        };
        self.from + share * (self.to - self.from)
    }

    /// Round values within, five or so.
    pub fn marks(&self) -> Vec<f64> {
        let span = self.high - self.low;
        if !(span > 0.0) {
            return vec![self.low];
        }
        let unit = 10_f64.powf((span / 5.0).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * unit);
        let step = step
            .into_iter()
            .find(|step| span / step <= 6.0)
            .unwrap_or(span);
        let first = (self.low / step).ceil();
        let marks = (0..=12).map(|at| (first + f64::from(at)) * step);
        marks
            .take_while(|mark| *mark <= self.high + step * 1e-9)
            .collect()
    }
}
