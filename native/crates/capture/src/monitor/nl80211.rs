//! Tunes a monitor interface, by the kernel's own interface for wireless cards (nl80211, what `iw` speaks).

use std::io;
use std::pin::pin;

use futures_util::{TryStream, TryStreamExt};
use wl_nl80211::{Nl80211Attr, Nl80211Channel, Nl80211ChannelWidth, Nl80211Error, Nl80211Handle};

use crate::channel::Channel;

/// Why an interface is not on the channel that was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum TuneError {
    /// The kernel was built without it, or its module is not there.
    #[error("the kernel does not speak nl80211, by which wireless cards are tuned")]
    NoNl80211,
    /// It has no channel that we could set.
    #[error("it is no wireless interface, says the kernel: {source}")]
    NotWireless {
        /// What the system says.
        source: io::Error,
    },
    /// Another program holds the radio, the channel is not allowed here, or we may not.
    #[error("{source}; check that no other program uses the radio and that the channel is allowed in this country")]
    Refused {
        /// What the system says.
        source: io::Error,
    },
}

/// Tunes the interface with this index.
pub(super) async fn tune(interface_index: u32, channel: Channel) -> Result<(), TuneError> {
    let (connection, handle, _) = wl_nl80211::new_connection().map_err(|source| TuneError::Refused { source })?;
    tokio::select! {
        tuned = look_and_tune(&handle, interface_index, channel) => tuned,
        // It is driven here so that it ends with the request.
        () = connection => Err(TuneError::Refused { source: io::ErrorKind::ConnectionAborted.into() }),
    }
}

/// Asks for the interface first: of one that is not wireless, the kernel says the same as of a channel that is not allowed.
async fn look_and_tune(handle: &Nl80211Handle, interface_index: u32, channel: Channel) -> Result<(), TuneError> {
    let wanted = vec![Nl80211Attr::IfIndex(interface_index)];
    finish(handle.interface().get(wanted).execute().await, |source| TuneError::NotWireless { source }).await?;

    let attributes = Nl80211Channel::new(interface_index)
        .frequency(channel.primary_mhz())
        .channel_width(Nl80211ChannelWidth::Mhz(channel.width().mhz()))
        .center_frequency(channel.centre_mhz())
        .build();
    finish(handle.wireless_physic().set(attributes).execute().await, |source| TuneError::Refused { source }).await
}

/// Waits for the end of the answers; `refusal` makes the error of an answer that says no.
async fn finish<A>(answers: A, refusal: fn(io::Error) -> TuneError) -> Result<(), TuneError>
where
    A: TryStream<Error = Nl80211Error>,
{
    let mut answers = pin!(answers.into_stream());
    loop {
        match answers.try_next().await {
            Ok(Some(_)) => {}
            // Before anything is sent, the kernel is asked for the number of this family of messages.
            Err(Nl80211Error::RequestFailed(_)) => return Err(TuneError::NoNl80211),
            Err(Nl80211Error::NetlinkError(message)) if message.code.is_some() => return Err(refusal(message.to_io())),
            // An "error" without a number is the acknowledgement, and an answer with attributes that the library does not
            // know yet is no refusal either.
            Ok(None) | Err(_) => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelWidth;

    /// Whether or not the system has nl80211, the loopback interface is not wireless.
    #[tokio::test]
    async fn what_is_not_wireless_has_no_channels() {
        const LOOPBACK: u32 = 1;
        let channel = Channel::new(5180, ChannelWidth::Mhz80).unwrap();
        let error = tune(LOOPBACK, channel).await.unwrap_err();
        assert!(matches!(error, TuneError::NoNl80211 | TuneError::NotWireless { .. }), "{error}");
    }
}
