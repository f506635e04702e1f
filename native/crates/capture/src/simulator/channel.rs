//! The radio channel of a furnished shoebox: direct path, wall reflections, and what a body scatters and shadows.
//!
//! Bodies shadow the direct path only, and a path touches a body once. Of a body in another room the path without bounces
//! alone arrives, weakened by a wall on both ways.

use std::f64::consts::{PI, TAU};

use num_complex::Complex64;

use super::geometry::Point;
use super::plan::Room;

/// Channel 6 of the 2.4 GHz band.
pub(super) const CENTRE_FREQUENCY_HZ: f64 = 2.437e9;
/// 802.11 OFDM subcarrier spacing (IEEE 802.11-2020, table 17-5).
const SUBCARRIER_SPACING_HZ: f64 = 312_500.0;
/// FFT bins of a 20 MHz channel, the order of the radio: DC, positive, negative frequencies.
pub(super) const BINS: usize = 64;
/// Highest occupied subcarrier of the legacy long training field, on both sides of DC.
const OCCUPIED: i32 = 26;
const SPEED_OF_LIGHT: f64 = 299_792_458.0;
/// Amplitude reflection coefficient of every surface: between bare concrete at normal incidence (0.4, ITU-R P.2040-3) and
/// the metal that stands before real walls; the field turns over.
const REFLECTION: f64 = -0.6;
/// Bounces up to which the empty room's paths are followed, and those of which one end is the person. Fewer, and the channel
/// of a small room is almost flat over 16 MHz: the body would change only its level.
const STATIC_BOUNCES: i32 = 3;
const BODY_BOUNCES: i32 = 1;
/// What furniture leaves of the direct path's amplitude: few nodes stand in line of sight.
const DIRECT: f64 = 0.5;
/// Half the width of a torso, metres.
const HALF_TORSO: f64 = 0.2;

/// Something that scatters, in a place of the plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scatterer {
    pub(super) at: Point,
    /// Bistatic radar cross-section in square metres (a torso has 0.3 to 1 at 2.4 GHz).
    pub(super) cross_section: f64,
}

/// A mirror image of an antenna, and what the bounces leave of its amplitude. The antenna itself has gain 1.
#[derive(Debug, Clone, Copy)]
struct Image {
    at: Point,
    gain: f64,
}

/// The channel between a room's access point and one receiver. Points are relative to the room's corner but for those of
/// bodies, which come and go between rooms.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    room: Room,
    /// What a wall leaves of the power of a path that goes through it.
    wall: f64,
    transmitter: Point,
    receiver: Point,
    /// Both ends of the paths that touch the body: antenna and images, at most [`BODY_BOUNCES`] on the whole path.
    illumination: Vec<(Image, Image)>,
    reflections: [Complex64; BINS],
    direct: [Complex64; BINS],
}

impl Channel {
    /// The channel from the access point of `room` to `node`, in a house whose walls cost `wall_loss_db` each.
    pub(super) fn new(room: &Room, node: Point, wall_loss_db: f64) -> Self {
        let (transmitter, receiver) = (room.access_point - room.corner, node - room.corner);
        let mut reflections = [Complex64::ZERO; BINS];
        for image in images(room.size, transmitter, STATIC_BOUNCES) {
            let length = image.at.distance(receiver);
            add_path(&mut reflections, image.gain * free_space_gain(length), length);
        }
        let mut direct = [Complex64::ZERO; BINS];
        let length = transmitter.distance(receiver);
        add_path(&mut direct, DIRECT * free_space_gain(length), length);

        let (from, to) = (Image { at: transmitter, gain: 1.0 }, Image { at: receiver, gain: 1.0 });
        let mut illumination = vec![(from, to)];
        illumination.extend(images(room.size, transmitter, BODY_BOUNCES).map(|image| (image, to)));
        illumination.extend(images(room.size, receiver, BODY_BOUNCES).map(|image| (from, image)));
        let wall = 10_f64.powf(-wall_loss_db / 10.0);
        Self { room: room.clone(), wall, transmitter, receiver, illumination, reflections, direct }
    }

    /// The response of every bin, `[BINS]` in FFT order, unoccupied bins zero: amplitude gain from antenna to antenna.
    pub(super) fn response(&self, body: &[Scatterer]) -> [Complex64; BINS] {
        let shadow = body.iter().map(|part| self.shadow_of(part)).fold(1.0, f64::min);
        let mut sum = self.reflections;
        for (bin, direct) in sum.iter_mut().zip(&self.direct) {
            *bin += shadow * direct;
        }
        for part in body {
            let (at, inside) = (part.at - self.room.corner, self.room.share_inside(part.at));
            // The first path has no bounces. Two walls, one on each way, cost the amplitude what one costs the power.
            let straight = if inside < 1.0 { self.wall + (1.0 - self.wall) * inside } else { 1.0 };
            let shares = std::iter::once(straight).chain(std::iter::repeat(inside));
            for ((from, to), share) in self.illumination.iter().zip(shares).filter(|(_, share)| *share > 0.0) {
                let (out, back) = (from.at.distance(at), at.distance(to.at));
                let gain = share * from.gain * to.gain * scattered_gain(out, back, part.cross_section);
                add_path(&mut sum, gain, out + back);
            }
        }
        sum
    }

    fn shadow_of(&self, part: &Scatterer) -> f64 {
        let inside = self.room.share_inside(part.at);
        if inside > 0.0 { 1.0 - inside * (1.0 - self.shadow(part.at - self.room.corner)) } else { 1.0 }
    }

    /// What a torso at `at` leaves of the direct path's amplitude: single knife-edge diffraction, ITU-R P.526-15 §4.1.
    fn shadow(&self, at: Point) -> f64 {
        let line = self.receiver - self.transmitter;
        let along = (at - self.transmitter).dot(line.unit());
        let (before, behind) = (along, line.length() - along);
        if before <= 0.0 || behind <= 0.0 {
            return 1.0;
        }
        let off_axis = at.distance(self.transmitter + line.unit() * along);
        let nu = (HALF_TORSO - off_axis) * (2.0 * (before + behind) / (wavelength() * before * behind)).sqrt();
        if nu <= -0.78 {
            return 1.0;
        }
        let loss_db = 6.9 + 20.0 * ((nu - 0.1).hypot(1.0) + nu - 0.1).log10();
        10_f64.powf(-loss_db.max(0.0) / 20.0)
    }
}

pub(super) fn wavelength() -> f64 {
    SPEED_OF_LIGHT / CENTRE_FREQUENCY_HZ
}

/// The frequency of `bin` relative to the centre; `None` for DC and guard bins.
pub(super) fn offset_hz(bin: usize) -> Option<f64> {
    let signed = if bin < BINS / 2 { bin as i32 } else { bin as i32 - BINS as i32 };
    (signed != 0 && signed.abs() <= OCCUPIED).then(|| f64::from(signed) * SUBCARRIER_SPACING_HZ)
}

/// The mirror images of `point` after 1 to `bounces` reflections (Allen and Berkley, JASA 65(4), 1979): a lattice of mirrored
/// rooms, in which every wall between the image and the room is one bounce.
fn images(size: Point, point: Point, bounces: i32) -> impl Iterator<Item = Image> {
    let mirrored =
        |cell: i32, size: f64, along: f64| f64::from(cell) * size + if cell % 2 == 0 { along } else { size - along };
    let cells = move || -bounces..=bounces;
    cells().flat_map(move |i| cells().flat_map(move |j| cells().map(move |k| (i, j, k)))).filter_map(
        move |(i, j, k)| {
            let order = i.abs() + j.abs() + k.abs();
            (1..=bounces).contains(&order).then(|| Image {
                at: Point::new(
                    mirrored(i, size.x, point.x),
                    mirrored(j, size.y, point.y),
                    mirrored(k, size.z, point.z),
                ),
                gain: REFLECTION.powi(order),
            })
        },
    )
}

/// Friis, as an amplitude. Antennas nearer than a wavelength are outside far-field theory and are held at one.
fn free_space_gain(length: f64) -> f64 {
    wavelength() / (4.0 * PI * length.max(wavelength()))
}

/// The bistatic radar equation, as an amplitude.
fn scattered_gain(out: f64, back: f64, cross_section: f64) -> f64 {
    let spread = out.max(wavelength()) * back.max(wavelength());
    wavelength() * cross_section.sqrt() / ((4.0 * PI).powf(1.5) * spread)
}

/// Adds a path of `length` metres: exp(-j 2 pi f tau) at every occupied bin. From bin to bin the phase turns by a constant.
fn add_path(response: &mut [Complex64; BINS], gain: f64, length: f64) {
    let delay = length / SPEED_OF_LIGHT;
    let turn = Complex64::from_polar(1.0, -TAU * SUBCARRIER_SPACING_HZ * delay);
    let lowest = CENTRE_FREQUENCY_HZ - f64::from(OCCUPIED) * SUBCARRIER_SPACING_HZ;
    let mut term = Complex64::from_polar(gain, -TAU * lowest * delay);
    for subcarrier in -OCCUPIED..=OCCUPIED {
        if subcarrier != 0 {
            response[subcarrier.rem_euclid(BINS as i32) as usize] += term;
        }
        term *= turn;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> Channel {
        Channel::new(&Room::default(), Point::new(4.6, 3.4, 1.0), 12.0)
    }

    /// What a torso at `at` adds to bin 1.
    fn scattered(channel: &Channel, at: Point) -> Complex64 {
        channel.response(&[Scatterer { at, cross_section: 0.6 }])[1] - channel.response(&[])[1]
    }

    #[test]
    fn occupies_52_bins_and_falls_off_with_distance() {
        let response = channel().response(&[]);
        assert_eq!(response.iter().filter(|bin| bin.norm() > 0.0).count(), 52);
        assert_eq!(response[0], Complex64::ZERO);
        // Empty lattice cells of orders 1 to 3: 6, 18 and 38.
        assert_eq!(images(Room::default().size, Point::default(), 3).count(), 62);
        assert!((free_space_gain(2.0) / free_space_gain(4.0) - 2.0).abs() < 1e-12);
        assert!((scattered_gain(1.0, 2.0, 0.5) / scattered_gain(2.0, 4.0, 0.5) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn half_a_wavelength_of_path_turns_the_reflection_over() {
        let mut channel = channel();
        // The path without bounces alone, and off the direct line, so that there is no shadow.
        channel.illumination.truncate(1);
        let path = |at: Point| channel.transmitter.distance(at) + at.distance(channel.receiver);
        let near = Point::new(3.2, 0.8, 1.0);
        let mut far = near;
        while path(far) - path(near) < wavelength() / 2.0 {
            far.y -= 1e-5;
        }
        let turn = scattered(&channel, far) / scattered(&channel, near);
        assert!((turn.arg().abs() - PI).abs() < 0.01, "turned by {}", turn.arg());
    }

    #[test]
    fn a_torso_on_the_direct_path_shadows_it() {
        let channel = channel();
        let middle = (channel.transmitter + channel.receiver) * 0.5;
        assert!(channel.shadow(middle) < 0.5);
        assert!((channel.shadow(middle + Point::new(-0.8, 0.8, 0.0)) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_wall_costs_what_it_costs_twice_and_a_doorway_passes_gradually() {
        let mut channel = channel();
        let next_door = Point::new(2.5, -1.0, 1.0);
        let through_wall = scattered(&channel, next_door).norm();
        channel.wall = 1.0;
        // Without images: they end at the walls.
        let through_air = scattered(&channel, next_door).norm();
        assert!((20.0 * (through_air / through_wall).log10() - 24.0).abs() < 1e-6);

        let mut room = Room { corner: Point::new(7.0, 3.0, 0.0), ..Room::default() };
        room.access_point = room.access_point + room.corner;
        let moved = Channel::new(&room, Point::new(11.6, 6.4, 1.0), 12.0);
        let same = scattered(&moved, Point::new(10.2, 3.8, 1.0)) / scattered(&channel, Point::new(3.2, 0.8, 1.0));
        assert!((same - 1.0).norm() < 1e-6, "a room may stand anywhere");
    }

    #[test]
    fn a_body_at_an_antenna_is_finite() {
        let channel = channel();
        for at in [channel.transmitter, channel.receiver] {
            let response = channel.response(&[Scatterer { at, cross_section: 1.0 }]);
            assert!(response.iter().all(|bin| bin.is_finite()));
        }
    }
}
