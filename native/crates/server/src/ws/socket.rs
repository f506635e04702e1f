//! What can come from a socket, sorted.

use axum::extract::ws::{Message, Utf8Bytes};
use tokio_tungstenite::tungstenite::Error as WsError;

use crate::api::close;
use crate::counters::Counters;

/// What came from a client.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A text frame.
    Text(Utf8Bytes),
    /// The answer to a ping.
    Pong,
    /// Something that needs no answer of ours.
    Nothing,
    /// What no client may send: the connection ends.
    Wrong(Wrong),
    /// Nothing will come any more.
    End,
}

/// What no client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A binary frame.
    Binary,
    /// Text that is none.
    NotUtf8,
    /// A message over the limit, of which no more can be read.
    TooBig,
}

impl Wrong {
    /// Counts it; how the connection ends.
    pub(super) fn counted(self, counters: &Counters) -> Closing {
        match self {
            Self::Binary => {
                counters.ws_binary_frames.add();
                Closing::BINARY
            }
            Self::NotUtf8 => {
                counters.ws_invalid_frames.add();
                Closing::NOT_UTF8
            }
            Self::TooBig => {
                counters.ws_oversized_messages.add();
                Closing::TOO_BIG
            }
        }
    }
}

impl Incoming {
    pub(super) fn sort(item: Option<Result<Message, axum::Error>>) -> Self {
        match item {
            Some(Ok(Message::Text(text))) => Self::Text(text),
            Some(Ok(Message::Binary(_))) => Self::Wrong(Wrong::Binary),
            Some(Ok(Message::Pong(_))) => Self::Pong,
            // Pings and closes are answered below us; the stream ends after a close.
            Some(Ok(Message::Ping(_) | Message::Close(_))) => Self::Nothing,
            Some(Err(error)) => match error.into_inner().downcast_ref() {
                Some(WsError::Capacity(_)) => Self::Wrong(Wrong::TooBig),
                Some(WsError::Utf8(_)) => Self::Wrong(Wrong::NotUtf8),
                _ => Self::End,
            },
            None => Self::End,
        }
    }
}

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

impl Closing {
    pub(super) const STOP: Self = Self { code: close::GOING_AWAY, reason: "the server stops" };
    pub(super) const BINARY: Self = Self { code: close::BINARY, reason: "text frames only" };
    pub(super) const NOT_UTF8: Self = Self { code: close::NOT_UTF8, reason: "the text is not UTF-8" };
    pub(super) const TOO_BIG: Self = Self { code: close::TOO_BIG, reason: "the message is over 1 MiB" };
    pub(super) const NOT_AUTHENTICATED: Self = Self { code: close::NOT_AUTHENTICATED, reason: "not authenticated" };
    pub(super) const REVOKED: Self = Self { code: close::NOT_AUTHENTICATED, reason: "the token was revoked" };
}
