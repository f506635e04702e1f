//! What could identify a person: in memory only, never serialised, never printed, wiped when it goes.

use core::fmt;
use std::collections::VecDeque;

use zeroize::Zeroizing;

/// Numbers of an embedding.
pub const EMBEDDING_DIMENSIONS: usize = 128;
/// Embeddings that are kept.
pub const RING_CAPACITY: usize = 64;

/// A direction in which a window of feedback lies: a unit vector, or zero where the window says nothing.
///
/// It has no serialisation and a `Debug` that tells nothing. It lives in one place on the heap, so that moving it leaves no
/// copy behind, and is overwritten with zeros when it is dropped.
pub struct IdentityEmbedding(Box<Zeroizing<[f32; EMBEDDING_DIMENSIONS]>>);

impl IdentityEmbedding {
    /// Of what `fill` writes into 128 zeros.
    pub(crate) fn filled(fill: impl FnOnce(&mut [f32; EMBEDDING_DIMENSIONS])) -> Self {
        let mut values = Box::new(Zeroizing::new([0.0; EMBEDDING_DIMENSIONS]));
        fill(&mut values);
        Self(values)
    }

    /// The numbers, for computing inside the process.
    pub(crate) fn values(&self) -> &[f32; EMBEDDING_DIMENSIONS] {
        &self.0
    }

    /// The cosine of the angle to another, -1 to 1; 0 where one of them is zero.
    pub fn cosine(&self, other: &Self) -> f32 {
        self.values().iter().zip(other.values()).map(|(a, b)| a * b).sum()
    }
}

impl fmt::Debug for IdentityEmbedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityEmbedding(..)")
    }
}

/// The last 64 embeddings; the oldest is wiped when a newer one needs its place.
#[derive(Default)]
pub struct EmbeddingRing {
    embeddings: Ring<IdentityEmbedding>,
}

impl EmbeddingRing {
    /// An empty ring.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps one more.
    pub fn push(&mut self, embedding: IdentityEmbedding) {
        self.embeddings.push(embedding);
    }

    /// How many there are, at most [`RING_CAPACITY`].
    pub fn len(&self) -> usize {
        self.embeddings.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.embeddings.0.is_empty()
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &IdentityEmbedding> {
        self.embeddings.0.iter()
    }

    /// Wipes all, as when the salt changes: what was before must not be comparable with what comes.
    pub fn clear(&mut self) {
        self.embeddings.0.clear();
    }
}

impl fmt::Debug for EmbeddingRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmbeddingRing({} of {RING_CAPACITY})", self.len())
    }
}

/// A queue of bounded length that owns its elements, so that each is dropped when it leaves.
struct Ring<E>(VecDeque<E>);

impl<E> Default for Ring<E> {
    fn default() -> Self {
        Self(VecDeque::with_capacity(RING_CAPACITY))
    }
}

impl<E> Ring<E> {
    fn push(&mut self, element: E) {
        if self.0.len() == RING_CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(element);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use zeroize::{Zeroize, ZeroizeOnDrop};

    use super::*;

    /// Stands where an embedding's numbers stand and counts how often it is wiped.
    struct Witness(Rc<Cell<usize>>);

    impl Zeroize for Witness {
        fn zeroize(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn what_leaves_the_ring_is_wiped() {
        let wiped = Rc::new(Cell::new(0));
        let mut ring: Ring<Box<Zeroizing<Witness>>> = Ring::default();
        for _ in 0..RING_CAPACITY + 3 {
            ring.push(Box::new(Zeroizing::new(Witness(Rc::clone(&wiped)))));
        }
        assert_eq!((ring.0.len(), wiped.get()), (RING_CAPACITY, 3));
        drop(ring);
        assert_eq!(wiped.get(), RING_CAPACITY + 3);
    }

    #[test]
    fn numbers_are_wiped_on_drop() {
        fn is_wiped_on_drop<T: ZeroizeOnDrop>(_: &T) {}
        let embedding = IdentityEmbedding::filled(|values| values[0] = 1.0);
        is_wiped_on_drop(&*embedding.0);
        // What a drop does to them.
        let mut numbers = embedding.0;
        numbers.zeroize();
        assert!(numbers.iter().all(|number| number.to_bits() == 0));
    }

    #[test]
    fn nothing_is_printed() {
        let mut ring = EmbeddingRing::new();
        let embedding = IdentityEmbedding::filled(|values| values[0] = 0.25);
        assert_eq!(format!("{embedding:?}"), "IdentityEmbedding(..)");
        ring.push(embedding);
        assert_eq!(format!("{ring:?}"), "EmbeddingRing(1 of 64)");
        ring.clear();
        assert!(ring.is_empty());
    }
}
