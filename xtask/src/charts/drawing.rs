//! Rows as a drawing: a dot for each ratio, a line for its interval, a mark for its target.

use std::fmt::Write as _;

use super::rows::{Ratio, Row};

// Where things are, in pixels.
const WIDTH: u32 = 900;
const NAMES: u32 = 362;
const PANEL: u32 = 205;
const BESIDE: u32 = 60;
const ROW: u32 = 18;
const HEAD: u32 = 46;
const FOOT: u32 = 30;

/// What lies beyond is drawn at the edge; its figure stands beside it.
const LEAST: f64 = 0.25;
const MOST: f64 = 4.0;
const GRID: &[(f64, &str)] = &[(0.25, "¼"), (0.5, "½"), (1.0, "1"), (2.0, "2"), (4.0, "4")];

/// Readable on a light page and on a dark one: the colours follow the reader's, and so does the ground.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}\
.who,.axis{fill:#59636e}.ground{fill:#fff}.grid{stroke:#d1d9e0}.one{stroke:#818b98}\
.plain{fill:#818b98;stroke:#818b98}.holds{fill:#0969da;stroke:#0969da}.missed{fill:#bc4c00;stroke:#bc4c00}\
.target{stroke:#1f2328}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.who,.axis{fill:#9198a1}.ground{fill:#0d1117}\
.grid{stroke:#2f353d}.one{stroke:#9198a1}.plain{fill:#9198a1;stroke:#9198a1}.holds{fill:#4493f8;stroke:#4493f8}\
.missed{fill:#f0883e;stroke:#f0883e}.target{stroke:#e6edf3}}";

/// The drawing of a suite.
pub(super) fn draw(suite: &str, rows: &[Row]) -> String {
    let has_speed = rows.iter().any(|row| row.speed.is_some());
    let height = HEAD + ROW * count(rows) + FOOT;
    let mut svg = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        // A string takes everything.
        let _ = writeln!(svg, "{text}");
    };
    line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">"
    ));
    line(format_args!("<title>{suite}: ours by the other, medians with their 95 % intervals</title>"));
    line(format_args!("<style>{STYLE}</style>"));
    line(format_args!("<rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>"));
    let panels: &[(&str, u32)] = if has_speed {
        &[("throughput, ours ÷ theirs (more is better)", NAMES), ("CPU time, ours ÷ theirs (less is better)", SECOND)]
    } else {
        &[("time, ours ÷ theirs (less is better)", NAMES)]
    };
    for (title, left) in panels {
        line(format_args!("{}", axis(title, *left, height - FOOT)));
    }
    let mut above = "";
    for (number, row) in (0..).zip(rows) {
        let middle = HEAD + ROW * number + ROW / 2;
        let base = middle + 4;
        if row.what != above {
            line(format_args!("<text x=\"10\" y=\"{base}\">{}</text>", escaped(&row.what)));
        }
        above = &row.what;
        let end = NAMES - 14;
        line(format_args!(
            "<text class=\"who\" x=\"{end}\" y=\"{base}\" text-anchor=\"end\">{}</text>",
            escaped(&row.who)
        ));
        for (ratio, (_, left)) in row.ratios().zip(panels) {
            line(format_args!("{}", mark(ratio, *left, middle)));
        }
    }
    line(format_args!("{}", legend(height - 10)));
    line(format_args!("</svg>"));
    svg
}

const SECOND: u32 = NAMES + PANEL + BESIDE + 8;

fn count(rows: &[Row]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

/// Where a ratio stands in a panel that begins at `left`: each half as far from the next.
fn place(ratio: f64, left: u32) -> f64 {
    let part = (ratio.clamp(LEAST, MOST) / LEAST).log2() / (MOST / LEAST).log2();
    f64::from(left) + part * f64::from(PANEL)
}

fn axis(title: &str, left: u32, bottom: u32) -> String {
    let mut text = format!("<text class=\"axis\" x=\"{left}\" y=\"16\">{title}</text>");
    for (ratio, name) in GRID {
        let (x, top) = (place(*ratio, left), HEAD - 6);
        let class = if *name == "1" { "one" } else { "grid" };
        let _ = write!(
            text,
            "<path class=\"{class}\" d=\"M{x:.1} {top}V{bottom}\"/>\
             <text class=\"axis\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
            HEAD - 11
        );
    }
    text
}

fn mark(ratio: Ratio, left: u32, middle: u32) -> String {
    let class = class(ratio);
    let (low, high) = (place(ratio.low, left), place(ratio.high, left));
    let mut text = format!("<path class=\"{class}\" stroke-width=\"2\" d=\"M{low:.1} {middle}H{high:.1}\"/>");
    if let Some(target) = ratio.target {
        let (x, top) = (place(target, left), middle - 6);
        let _ = write!(text, "<path class=\"target\" d=\"M{x:.1} {top}v12\"/>");
    }
    text.push_str(&dot(class, place(ratio.value, left), middle));
    let (x, base) = (left + PANEL + 10, middle + 4);
    let digits = if ratio.value < 100.0 { 2 } else { 0 };
    let _ = write!(text, "<text x=\"{x}\" y=\"{base}\">{:.digits$}</text>", ratio.value);
    text
}

fn class(ratio: Ratio) -> &'static str {
    match (ratio.target, ratio.is_missed) {
        (None, _) => "plain",
        (Some(_), false) => "holds",
        (Some(_), true) => "missed",
    }
}

/// A missed target has another shape too, for who does not see the colours apart.
fn dot(class: &str, x: f64, y: u32) -> String {
    if class == "missed" {
        let (top, y) = (y - 5, f64::from(y));
        return format!(
            "<path class=\"missed\" d=\"M{x:.1} {top}L{:.1} {y}L{x:.1} {}L{:.1} {y}Z\"/>",
            x + 5.0,
            y + 5.0,
            x - 5.0
        );
    }
    format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y}\" r=\"3.5\"/>")
}

fn legend(base: u32) -> String {
    let parts = [("holds", 10, "target holds"), ("missed", 110, "target missed"), ("plain", 220, "no target")];
    let mut text = String::new();
    for (class, x, name) in parts {
        text.push_str(&dot(class, f64::from(x + 5), base - 4));
        let _ = write!(text, "<text class=\"axis\" x=\"{}\" y=\"{base}\">{name}</text>", x + 16);
    }
    let x = NAMES;
    let _ = write!(
        text,
        "<text class=\"axis\" x=\"{x}\" y=\"{base}\">thick line: 95 % interval; upright stroke: target; \
         beyond ¼ and 4 at the edge</text>"
    );
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(value: f64, target: Option<f64>, is_missed: bool) -> Ratio {
        Ratio { value, low: value / 2.0, high: value * 2.0, target, is_missed }
    }

    fn row(what: &str, speed: Option<Ratio>, time: Ratio) -> Row {
        Row { what: what.into(), who: "a<b".into(), speed, time }
    }

    #[test]
    fn ratios_stand_on_a_scale_of_doubles_and_what_is_beyond_at_the_edge() {
        let places = [0.01, 0.25, 0.5, 1.0, 2.0, 4.0, 20.0].map(|ratio| format!("{:.2}", place(ratio, 100)));
        assert_eq!(places, ["100.00", "100.00", "151.25", "202.50", "253.75", "305.00", "305.00"]);
    }

    #[test]
    fn every_row_has_a_mark_for_each_ratio_and_its_figure() {
        let rows = [
            row("get", Some(ratio(0.5, Some(0.97), true)), ratio(1.0, Some(1.1), false)),
            row("get", Some(ratio(12.71, None, false)), ratio(4684.98, None, false)),
        ];
        let svg = draw("sqlite", &rows);
        let count = |part: &str| svg.matches(part).count();
        // One of each stands in the legend.
        assert_eq!(
            (count("circle class=\"holds\""), count("path class=\"missed\" d="), count("circle class=\"plain\"")),
            (2, 2, 3)
        );
        assert_eq!(count("class=\"target\""), 2);
        assert_eq!((count(">get<"), count("a&lt;b"), count(">12.71<"), count(">4685<")), (1, 2, 1, 1));
        assert!(svg.starts_with("<svg xmlns") && svg.ends_with("</svg>\n"));
        assert!(svg.contains(&format!("height=\"{}\"", HEAD + 2 * ROW + FOOT)));
    }

    #[test]
    fn times_alone_have_one_panel() {
        let svg = draw("core", &[row("insert", None, ratio(1.1, None, false))]);
        assert!(svg.contains(">time, ours") && !svg.contains("throughput"));
    }
}
