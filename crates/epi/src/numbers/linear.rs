//! Weighted least squares by orthogonal reflections, which keeps twice the digits of the normal equations.

/// A fitted linear model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One coefficient for each column.
    pub coefficients: Vec<f64>,
    /// The inverse of the weighted cross product of the columns, row by row.
    pub inverse: Vec<Vec<f64>>,
    /// The weighted sum of squared residuals.
    pub residual_squares: f64,
}

impl Fit {
    /// `x' C x` with the inverse cross product `C`: the variance of a prediction over the dispersion.
    pub fn leverage(&self, row: &[f64]) -> f64 {
        let inner = |line: &Vec<f64>| line.iter().zip(row).map(|(c, x)| c * x).sum::<f64>();
        self.inverse
            .iter()
            .zip(row)
            .map(|(line, x)| x * inner(line))
            .sum()
    }

    /// The value that the model gives to a row.
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.coefficients.iter().zip(row).map(|(c, x)| c * x).sum()
    }
}

/// Fits `y` on the rows of `x` with weights `w`; nothing when the columns are not independent.
pub fn least_squares(x: &[Vec<f64>], y: &[f64], w: &[f64]) -> Option<Fit> {
    let p = x.first()?.len();
    if x.len() < p || p == 0 {
        return None;
    }
    let mut a: Vec<Vec<f64>> = Vec::with_capacity(x.len());
    for ((row, y), w) in x.iter().zip(y).zip(w) {
        let root = w.sqrt();
        let mut line: Vec<f64> = row.iter().map(|v| v * root).collect();
        line.push(y * root);
        a.push(line);
    }
    for k in 0..p {
        let norm = a[k..]
            .iter()
            .map(|line| line[k] * line[k])
            .sum::<f64>()
            .sqrt();
        let scale = x.iter().map(|row| row[k].abs()).fold(0.0, f64::max);
        if !(norm > 1e-11 * scale) {
            return None;
        }
        let alpha = if a[k][k] > 0.0 { -norm } else { norm };
        let mut v: Vec<f64> = a[k..].iter().map(|line| line[k]).collect();
        v[0] -= alpha;
        let vv: f64 = v.iter().map(|t| t * t).sum();
        for j in k..=p {
            let dot: f64 = a[k..].iter().zip(&v).map(|(line, t)| line[j] * t).sum();
            let factor = 2.0 * dot / vv;
            for (line, t) in a[k..].iter_mut().zip(&v) {
                line[j] -= factor * t;
            }
        }
    }
    let mut upper_inverse = vec![vec![0.0; p]; p];
    for j in 0..p {
        upper_inverse[j][j] = 1.0 / a[j][j];
        for i in (0..j).rev() {
            let sum: f64 = (i + 1..=j).map(|k| a[i][k] * upper_inverse[k][j]).sum();
            upper_inverse[i][j] = -sum / a[i][i];
        }
    }
    let coefficients = (0..p)
        .map(|i| (i..p).map(|j| upper_inverse[i][j] * a[j][p]).sum())
        .collect();
    let cell = |i: usize, j: usize| {
        (i.max(j)..p)
            .map(|k| upper_inverse[i][k] * upper_inverse[j][k])
            .sum::<f64>()
    };
    let inverse = (0..p)
        .map(|i| (0..p).map(|j| cell(i, j)).collect())
        .collect();
    let residual_squares = a[p..].iter().map(|line| line[p] * line[p]).sum();
    Some(Fit {
        coefficients,
        inverse,
        residual_squares,
    })
}

/// Solves `a x = b` for a positive definite `a`, of which the lower triangle is read; nothing when it is not.
pub fn solve_definite(a: &[Vec<f64>], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut root = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| root[i][k] * root[j][k]).sum();
            let left = a[i][j] - sum;
            if i == j {
                if !(left > 1e-13 * a[i][i].abs()) {
                    return None;
                }
                root[i][i] = left.sqrt();
            } else {
                root[i][j] = left / root[j][j];
            }
        }
    }
    let mut x = b.to_vec();
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| root[i][k] * x[k]).sum();
        x[i] = (x[i] - sum) / root[i][i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| root[k][i] * x[k]).sum();
        x[i] = (x[i] - sum) / root[i][i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_points_is_found_with_its_spread() {
        let x: Vec<Vec<f64>> = (0..4_u8).map(|i| vec![1.0, f64::from(i)]).collect();
        let fit = least_squares(&x, &[1.0, 3.0, 5.0, 8.0], &[1.0; 4]).expect("independent columns");
        assert!((fit.coefficients[1] - 2.3).abs() < 1e-14);
        assert!((fit.inverse[1][1] - 0.2).abs() < 1e-14);
        assert!((fit.residual_squares - 0.3).abs() < 1e-13);
        assert!((fit.leverage(&[1.0, 1.5]) - 0.25).abs() < 1e-14);
    }

    #[test]
    fn a_definite_system_is_solved_and_another_refused() {
        let a = vec![vec![4.0, 0.0], vec![2.0, 3.0]];
        let x = solve_definite(&a, &[2.0, 5.0]).expect("definite");
        assert!((x[0] + 0.5).abs() < 1e-14 && (x[1] - 2.0).abs() < 1e-14);
        assert_eq!(
            solve_definite(&[vec![1.0, 0.0], vec![2.0, 1.0]], &[1.0, 1.0]),
            None
        );
    }

    #[test]
    fn dependent_columns_are_refused() {
        let x = vec![vec![1.0, 2.0], vec![1.0, 2.0], vec![1.0, 2.0]];
        assert_eq!(least_squares(&x, &[1.0, 2.0, 3.0], &[1.0; 3]), None);
        assert_eq!(least_squares(&[], &[], &[]), None);
    }
}
