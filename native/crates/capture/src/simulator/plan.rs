//! The rooms in which a story plays: boxes side by side on one floor, each with an access point of its own.

use super::geometry::Point;

/// Metres of a doorway in which a body is partly in both rooms: nobody leaves a room between two packets.
const DOORWAY: f64 = 0.4;

/// A box-shaped room. All points are metres in the coordinates of the plan, heights above its floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// What it is called in its story.
    pub name: String,
    /// The corner with the lowest x and y.
    pub corner: Point,
    /// Along, across and up.
    pub size: Point,
    /// The transmitter that this room's nodes listen to.
    pub access_point: Point,
}

impl Default for Room {
    /// 5 m x 4 m x 2.5 m, the access point near the corner at (0.4, 0.5, 1.2).
    fn default() -> Self {
        Self {
            name: "room".to_owned(),
            corner: Point::default(),
            size: Point::new(5.0, 4.0, 2.5),
            access_point: Point::new(0.4, 0.5, 1.2),
        }
    }
}

impl Room {
    /// Whether `at` is in it, walls included.
    pub(super) fn contains(&self, at: Point) -> bool {
        let end = self.corner + self.size;
        self.outside(at) <= 0.0 && (self.corner.z..=end.z).contains(&at.z)
    }

    /// How much of a body at `at` is in it: 1 inside, 0 beyond the doorway.
    pub(super) fn share_inside(&self, at: Point) -> f64 {
        (1.0 - self.outside(at) / DOORWAY).clamp(0.0, 1.0)
    }

    /// Metres from the walls on the plan, not above 0 inside.
    pub(super) fn outside(&self, at: Point) -> f64 {
        let end = self.corner + self.size;
        let beyond = [self.corner.x - at.x, at.x - end.x, self.corner.y - at.y, at.y - end.y];
        beyond.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Whether the two share more than a wall.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let apart = |low: f64, size: f64, other_low: f64, other_size: f64| {
            low + size <= other_low + 1e-9 || other_low + other_size <= low + 1e-9
        };
        !apart(self.corner.x, self.size.x, other.corner.x, other.size.x)
            && !apart(self.corner.y, self.size.y, other.corner.y, other.size.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_side_by_side_share_a_wall_and_no_more() {
        let room = Room::default();
        let next = Room { corner: Point::new(5.0, 0.0, 0.0), ..Room::default() };
        let into = Room { corner: Point::new(4.9, 3.9, 0.0), ..Room::default() };
        assert!(!room.overlaps(&next) && !next.overlaps(&room));
        assert!(room.overlaps(&into) && into.overlaps(&room) && room.overlaps(&room));
        assert!(room.contains(Point::new(5.0, 4.0, 1.0)) && next.contains(Point::new(5.0, 4.0, 1.0)));
        assert!(!room.contains(Point::new(1.0, 1.0, 2.6)));
    }

    #[test]
    fn a_body_leaves_through_the_doorway_little_by_little() {
        let room = Room::default();
        let shares = [4.9, 5.0, 5.2, 5.5].map(|x| room.share_inside(Point::new(x, 2.0, 1.0)));
        assert_eq!((shares[0], shares[1], shares[3]), (1.0, 1.0, 0.0));
        assert!((shares[2] - 0.5).abs() < 1e-9);
    }
}
