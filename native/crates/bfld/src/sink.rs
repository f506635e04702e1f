//! Where frames can go. A sink says what it is by the marker trait that it implements, once, where it is written.

/// Something that takes octets.
pub trait Sink {
    /// Why it could not take them.
    type Error;

    /// Takes one serialised frame.
    ///
    /// # Errors
    /// The sink's own.
    fn take(&mut self, octets: &[u8]) -> Result<(), Self::Error>;
}

/// A sink inside the process: memory, or a test. Takes every class.
pub trait LocalSink: Sink {}

/// A sink through which octets leave the process: a socket, a broker, a file that others read. Takes classes 1 to 3.
pub trait NetworkSink: Sink {}

/// A sink that a home's devices read: HomeKit, Matter. Takes classes 2 and 3.
pub trait HomeSink: NetworkSink {}
