//! Points in a room, in metres: as much vector arithmetic as path lengths need.

use std::ops::{Add, Mul, Sub};

/// A point or displacement in metres: x along the room, y across it, z up from the floor.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Along the room.
    pub x: f64,
    /// Across the room.
    pub y: f64,
    /// Up from the floor.
    pub z: f64,
}

impl Point {
    /// The point (x, y, z).
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }

    /// Metres to `other`.
    pub fn distance(self, other: Self) -> f64 {
        (other - self).length()
    }

    /// Metres to `other` on the floor plan.
    pub(super) fn plan_distance(self, other: Self) -> f64 {
        (other.x - self.x).hypot(other.y - self.y)
    }

    /// The point `share` of the way to `other`.
    pub(super) fn towards(self, other: Self, share: f64) -> Self {
        self + (other - self) * share
    }

    pub(super) fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    pub(super) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// The same direction with length 1; the zero vector stays zero.
    pub(super) fn unit(self) -> Self {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { self }
    }

    /// The horizontal direction at `radians` from the x axis.
    pub(super) fn heading(radians: f64) -> Self {
        Self::new(radians.cos(), radians.sin(), 0.0)
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, rhs: Self) -> Self {
        Self::new(self.x + rhs.x, self.y + rhs.y, self.z + rhs.z)
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, rhs: Self) -> Self {
        Self::new(self.x - rhs.x, self.y - rhs.y, self.z - rhs.z)
    }
}

impl Mul<f64> for Point {
    type Output = Self;

    fn mul(self, rhs: f64) -> Self {
        Self::new(self.x * rhs, self.y * rhs, self.z * rhs)
    }
}
