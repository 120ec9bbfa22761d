//! Matrices and boxes in PDF user space: points, y upwards.

/// `[a b 0; c d 0; e f 1]`, row vectors (ISO 32000-1 §8.3.3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `next`.
    pub(super) fn then(self, next: Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, t, u]) = (self.0, next.0);
        Self([
            a * p + b * r,
            a * q + b * s,
            c * p + d * r,
            c * q + d * s,
            e * p + f * r + t,
            e * q + f * s + u,
        ])
    }

    pub(super) fn translate(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    pub(super) fn apply(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    pub(super) fn is_finite(self) -> bool {
        self.0.iter().all(|value| value.is_finite() && value.abs() < 1e9)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) bottom: f64,
    pub(super) right: f64,
    pub(super) top: f64,
}

impl Rect {
    /// The bounds of points; `None` without any.
    pub(super) fn around(points: &[(f64, f64)]) -> Option<Self> {
        let (x, y) = *points.first()?;
        let start = Self { left: x, right: x, bottom: y, top: y };
        Some(points.iter().fold(start, |rect, (x, y)| Self {
            left: rect.left.min(*x),
            right: rect.right.max(*x),
            bottom: rect.bottom.min(*y),
            top: rect.top.max(*y),
        }))
    }

    pub(super) fn under(self, matrix: Matrix) -> Self {
        let corners = [
            (self.left, self.bottom),
            (self.right, self.bottom),
            (self.right, self.top),
            (self.left, self.top),
        ];
        Self::around(&corners.map(|(x, y)| matrix.apply(x, y))).unwrap_or(self)
    }

    pub(super) fn intersect(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            right: self.right.min(other.right),
            bottom: self.bottom.max(other.bottom),
            top: self.top.min(other.top),
        }
    }

    /// Whether a point is inside, give or take a margin.
    pub(super) fn holds(self, (x, y): (f64, f64), margin: f64) -> bool {
        x >= self.left - margin
            && x <= self.right + margin
            && y >= self.bottom - margin
            && y <= self.top + margin
    }

    pub(super) fn area(self) -> f64 {
        (self.right - self.left).max(0.0) * (self.top - self.bottom).max(0.0)
    }
}
