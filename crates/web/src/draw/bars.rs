//! Bars by day, and a meter.

use std::fmt::Write as _;

use crate::answer::{Html, escape};

/// One day's bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// The day, `2026-01-31`.
    pub label: String,
    /// How many.
    pub count: u64,
    /// Whether more may still be reported for it: drawn dashed.
    pub unfinished: bool,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 38.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 14.0;

#[expect(
    clippy::cast_precision_loss,
    reason = "counts on a chart are far below 2^52"
)]
fn number(count: u64) -> f64 {
    count as f64
}

/// A round number at or above the highest bar, and the distance of the lines below it.
fn scale(most: u64) -> (u64, u64) {
    let mut unit = 1;
    loop {
        for step in [unit, 2 * unit, 5 * unit] {
            if most <= 4 * step {
                return (most.div_ceil(step).max(1) * step, step);
            }
        }
        unit *= 10;
    }
}

/// Bars by day with an axis; `title` and `text` are read out. Put a table beside it.
pub fn bars(bars: &[Bar], title: &str, text: &str) -> Html {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let (top, step) = scale(most);
    let (plot_w, plot_h) = (WIDTH - LEFT - 6.0, HEIGHT - BOTTOM - TOP);
    let slots = u64::try_from(bars.len().max(1)).unwrap_or(1);
    let slot = plot_w / number(slots);
    let mut svg = format!(
        "<svg class=\"drawing\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\"><desc>{}</desc>",
        escape(title),
        escape(text)
    );
    let mut line = 0;
    while line <= top {
        let y = TOP + plot_h * (1.0 - number(line) / number(top));
        let class = if line == 0 { "axis" } else { "rule" };
        let _ = write!(
            svg,
            "<path class=\"{class}\" d=\"M{LEFT} {y:.1}H{WIDTH}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{line}</text>",
            LEFT - 6.0,
            y + 4.0
        );
        line += step;
    }
    let every = bars.len().div_ceil(8).max(1);
    let mut x = LEFT;
    for (n, bar) in bars.iter().enumerate() {
        let height = plot_h * number(bar.count) / number(top);
        let class = if bar.unfinished { "bar late" } else { "bar" };
        let label = escape(&bar.label);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{label}: {}</title></rect>",
            x + slot * 0.1,
            TOP + plot_h - height,
            slot * 0.8,
            bar.count
        );
        if (bars.len() - 1 - n).is_multiple_of(every) {
            let short = label.get(5..).unwrap_or(&label);
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{short}</text>",
                x + slot / 2.0,
                HEIGHT - 8.0
            );
        }
        x += slot;
    }
    svg.push_str("</svg>");
    Html(svg)
}

/// A share as a bar; the number stands beside it in words.
pub fn meter(part: u64, whole: u64) -> Html {
    let share = if whole == 0 {
        0.0
    } else {
        100.0 * number(part.min(whole)) / number(whole)
    };
    Html(format!(
        "<svg class=\"meter\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"back\" width=\"100\" height=\"6\" rx=\"3\"/><rect class=\"s3\" width=\"{share:.1}\" height=\"6\" rx=\"3\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_round_number_above_the_highest_bar() {
        assert_eq!(scale(0), (1, 1));
        assert_eq!(scale(3), (3, 1));
        assert_eq!(scale(7), (8, 2));
        assert_eq!(scale(83), (100, 50));
        assert_eq!(scale(1200), (1500, 500));
    }

    #[test]
    fn every_bar_says_its_day_and_count_and_names_are_escaped() {
        let day = Bar {
            label: "2026-01-31".into(),
            count: 3,
            unfinished: true,
        };
        let svg = bars(&[day], "<cases>", "by day").0;
        assert!(svg.contains("2026-01-31: 3") && svg.contains("bar late"));
        assert!(svg.contains("&lt;cases&gt;"));
    }
}
