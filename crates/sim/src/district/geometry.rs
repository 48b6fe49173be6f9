//! The shape of the district: cells that tile it without gap or overlap.
//!
//! A honeycomb is bent (corners moved, the middle drawn together, the outline rounded) and its edges
//! roughened. Every corner and every edge exists once and is shared by the cells beside it, so two
//! neighbours cannot disagree about their border. Coordinates are synthetic: metres around an
//! invented origin, written as degrees near 0° N 0° E, open sea that stands for no place.
//! Knows nothing of names or levels. Start with [`Tiling::new`].

use std::collections::{BTreeMap, BTreeSet};

use crate::streams::{Stream, Streams};

/// A point as GeoJSON has it: longitude, latitude.
pub type Point = [f64; 2];

/// Cells in a row, and rows.
const COLUMNS: usize = 15;
const ROWS: usize = 10;
/// Half the district's width and height in metres, before its outline is rounded.
const HALF_WIDTH: f64 = 10_000.0;
const HALF_HEIGHT: f64 = 8_000.0;
/// Metres of one degree at the origin.
const DEGREE: f64 = 111_320.0;

/// Corners are numbered along horizontal lines, two to a cell and one line more than rows.
const LINE: usize = 2 * COLUMNS + 2;

/// The cells, their corners and the rough edges between them.
#[derive(Debug)]
pub(crate) struct Tiling {
    corners: Vec<Point>,
    /// Points strictly inside the edge from the lower corner number to the higher.
    edges: BTreeMap<(usize, usize), Vec<Point>>,
    /// Corner numbers of each cell, anticlockwise.
    cells: Vec<[usize; 6]>,
}

impl Tiling {
    /// Bends a fresh honeycomb with the stream `geometry`.
    pub(crate) fn new(streams: Streams) -> Self {
        let mut stream = streams.named("geometry");
        let corners: Vec<Point> = (0..=ROWS)
            .flat_map(|line| (0..LINE).map(move |at| (line, at)))
            .map(|(line, at)| corner(line, at, &mut stream))
            .collect();
        let cells: Vec<[usize; 6]> = (0..ROWS)
            .flat_map(|row| (0..COLUMNS).map(move |column| hexagon(row, column)))
            .collect();
        let mut edges: BTreeMap<(usize, usize), Vec<Point>> = BTreeMap::new();
        for cell in &cells {
            for (a, b) in sides(cell) {
                let key = (a.min(b), a.max(b));
                edges
                    .entry(key)
                    .or_insert_with(|| roughen(corners[key.0], corners[key.1], 2, &mut stream));
            }
        }
        Self {
            corners,
            edges,
            cells,
        }
    }

    /// How many cells there are.
    pub(crate) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// The middle of a cell, in columns and rows of the unbent honeycomb.
    pub(crate) fn plan_position(cell: usize) -> Point {
        let (row, column) = (cell / COLUMNS, cell % COLUMNS);
        [small(2 * column + row % 2 + 1) / 2.0, small(row) + 0.5]
    }

    /// Whether two cells share an edge.
    pub(crate) fn touch(&self, a: usize, b: usize) -> bool {
        a != b
            && self.cells[a]
                .iter()
                .filter(|c| self.cells[b].contains(c))
                .count()
                >= 2
    }

    /// The middle of a cell on the map; inside it, as the cells are nearly convex.
    pub(crate) fn centre(&self, cell: usize) -> Point {
        let sum = self.cells[cell].iter().fold([0.0, 0.0], |sum, corner| {
            let [x, y] = self.corners[*corner];
            [sum[0] + x, sum[1] + y]
        });
        degrees([sum[0] / 6.0, sum[1] / 6.0])
    }

    /// The closed rings around a group of cells, anticlockwise: one when the group hangs together
    /// and has no hole.
    pub(crate) fn outline(&self, cells: &[usize]) -> Vec<Vec<Point>> {
        let mut open: BTreeMap<usize, usize> = BTreeMap::new();
        let mut directed: BTreeSet<(usize, usize)> = BTreeSet::new();
        for cell in cells {
            for (a, b) in sides(&self.cells[*cell]) {
                if !directed.remove(&(b, a)) {
                    directed.insert((a, b));
                }
            }
        }
        // Three edges meet at a corner, so at most one open side leaves it.
        open.extend(directed);
        let mut rings = Vec::new();
        while let Some((&start, _)) = open.first_key_value() {
            let (mut ring, mut at) = (Vec::new(), start);
            while let Some(next) = open.remove(&at) {
                ring.push(degrees(self.corners[at]));
                self.push_edge(&mut ring, at, next);
                at = next;
            }
            ring.push(degrees(self.corners[start]));
            rings.push(ring);
        }
        rings
    }

    fn push_edge(&self, ring: &mut Vec<Point>, from: usize, to: usize) {
        let Some(inner) = self.edges.get(&(from.min(to), from.max(to))) else {
            return;
        };
        if from < to {
            ring.extend(inner.iter().copied().map(degrees));
        } else {
            ring.extend(inner.iter().rev().copied().map(degrees));
        }
    }
}

/// The line of a river from the north-western to the south-eastern edge.
pub(crate) fn river(streams: Streams) -> Vec<Point> {
    let mut stream = streams.named("geometry.river");
    let (phase, bend) = (stream.uniform(0.0, 6.0), stream.uniform(0.06, 0.12));
    (0..=80)
        .map(|step| {
            let t = small(step) / 40.0 - 1.0;
            let y = -0.45 * t + bend * (5.0 * t + phase).sin() + 0.02 * (17.0 * t).sin();
            degrees(bend_plan([t, y]))
        })
        .collect()
}

/// The six corners of a cell, anticlockwise from its lower left.
fn hexagon(row: usize, column: usize) -> [usize; 6] {
    let left = 2 * column + row % 2;
    let (low, high) = (row * LINE + left, (row + 1) * LINE + left);
    [low, low + 1, low + 2, high + 2, high + 1, high]
}

fn sides(cell: &[usize; 6]) -> impl Iterator<Item = (usize, usize)> {
    (0..6).map(|at| (cell[at], cell[(at + 1) % 6]))
}

/// Where a corner lies, in metres. On the outline the teeth of the honeycomb are drawn in, so that
/// the district has a border and not a saw.
fn corner(line: usize, at: usize, stream: &mut Stream) -> Point {
    let across = at <= 1 || at + 2 >= LINE;
    let along = line == 0 || line == ROWS;
    let play = if across || along { 0.06 } else { 0.14 };
    // Alternate corners up and down: bricks become hexagons.
    let up = if at % 2 == line % 2 { 1.0 } else { -1.0 };
    let lift = if along { 0.05 } else { 0.17 };
    let inward = match at {
        0 => 0.25,
        1 => -0.1,
        _ if at + 1 == LINE => -0.25,
        _ if at + 2 == LINE => 0.1,
        _ => 0.0,
    };
    let x = small(at) / 2.0 + inward + stream.uniform(-play, play);
    let y = small(line) + up * lift + stream.uniform(-play, play);
    let width = small(COLUMNS) + 0.5;
    let [x, y] = bend_plan([2.0 * x / width - 1.0, 2.0 * y / small(ROWS) - 1.0]);
    [x, y]
}

/// From the plan's square, -1 to 1 either way, to metres: towns are dense in the middle, and the
/// square's corners are rounded off.
fn bend_plan([x, y]: Point) -> Point {
    let dense = |v: f64| v * (0.62 + 0.38 * v.abs());
    let (x, y) = (dense(x), dense(y));
    [
        HALF_WIDTH * x * (1.0 - 0.3 * y * y).max(0.1).sqrt(),
        HALF_HEIGHT * y * (1.0 - 0.3 * x * x).max(0.1).sqrt(),
    ]
}

/// Points between two corners, moved sideways by halves and halves again.
fn roughen(a: Point, b: Point, depth: u32, stream: &mut Stream) -> Vec<Point> {
    if depth == 0 {
        return Vec::new();
    }
    let shift = stream.uniform(-0.09, 0.09);
    let middle = [
        f64::midpoint(a[0], b[0]) - shift * (b[1] - a[1]),
        f64::midpoint(a[1], b[1]) + shift * (b[0] - a[0]),
    ];
    let mut points = roughen(a, middle, depth - 1, stream);
    points.push(middle);
    points.extend(roughen(middle, b, depth - 1, stream));
    points
}

/// Metres to degrees, to the sixth decimal (a tenth of a metre).
fn degrees([x, y]: Point) -> Point {
    let round = |metres: f64| (metres / DEGREE * 1e6).round() / 1e6 + 0.0;
    [round(x), round(y)]
}

fn small(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// The area inside a closed ring in square kilometres; negative when it runs clockwise.
pub fn ring_area_km2(ring: &[Point]) -> f64 {
    let doubled: f64 = ring
        .windows(2)
        .map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1])
        .sum();
    doubled / 2.0 * (DEGREE / 1000.0).powi(2)
}

/// Whether a closed ring holds a point (by counting crossings; the border belongs to one side).
pub fn ring_contains(ring: &[Point], [x, y]: Point) -> bool {
    ring.windows(2).fold(false, |inside, pair| {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        let crosses = (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax;
        inside != crosses
    })
}
