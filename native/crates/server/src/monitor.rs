//! Network cards in monitor mode as sources, and what to do when the system does not let us use them.

use ruview_capture::CaptureAdapter;

use crate::cli::{MonitorCard, RunArgs};
use crate::error::StartError;

#[cfg(target_os = "linux")]
pub(crate) fn open(args: &RunArgs, card: &MonitorCard) -> Result<Box<dyn CaptureAdapter>, StartError> {
    use std::time::Duration;

    use ruview_capture::{Ax210Monitor, Dwell, MonitorConfig, NexmonBfi};

    use crate::cli::MonitorRadioKind;

    let duration = Duration::from_secs(args.monitor_dwell.into());
    let schedule = args.monitor_channels.iter().map(|&channel| Dwell { channel, duration }).collect();
    let config = MonitorConfig { interface: card.interface.clone(), schedule };
    let opened: Result<Box<dyn CaptureAdapter>, _> = match args.monitor_radio {
        MonitorRadioKind::Ax210 => Ax210Monitor::open(config).map(|monitor| Box::new(monitor) as _),
        MonitorRadioKind::Nexmon => NexmonBfi::open(config).map(|monitor| Box::new(monitor) as _),
    };
    opened.map_err(explain)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn open(_args: &RunArgs, _card: &MonitorCard) -> Result<Box<dyn CaptureAdapter>, StartError> {
    Err(StartError::MonitorNeedsLinux)
}

/// Without its capability this program can do nothing, and most people have never set one.
#[cfg(target_os = "linux")]
fn explain(error: ruview_capture::CaptureError) -> StartError {
    use std::io::ErrorKind;

    use ruview_capture::CaptureError;

    match error {
        CaptureError::Listen { source, interface } if source.kind() == ErrorKind::PermissionDenied => {
            let program = std::env::current_exe().unwrap_or_else(|_| "ruview-server".into());
            StartError::MonitorPermission { source: CaptureError::Listen { source, interface }, program }
        }
        error => error.into(),
    }
}
