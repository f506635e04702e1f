//! What can be asked of the home: services by domain and name, each with a schema, an answer and an end.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Context;
use crate::entity_id::broken_slug_rule;

/// How long a handler may take unless the caller says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Names a service: `domain.name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId {
    domain: Arc<str>,
    name: Arc<str>,
}

impl ServiceId {
    /// Checks both parts: lower-case ASCII letters, digits and single underscores.
    ///
    /// # Errors
    /// [`ServiceError::InvalidName`] names the rule that one of them breaks.
    pub fn new(domain: &str, name: &str) -> Result<Self, ServiceError> {
        match [domain, name].into_iter().find_map(broken_slug_rule) {
            None => Ok(Self { domain: domain.into(), name: name.into() }),
            Some(expected) => Err(ServiceError::InvalidName { input: format!("{domain}.{name}"), expected }),
        }
    }

    /// The part before the dot.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The part after the dot.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Display for ServiceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.domain, self.name)
    }
}

/// Why a service did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Not a name that a service can have.
    #[error("'{input}' is not a service: expected {expected}")]
    InvalidName {
        /// What was given.
        input: String,
        /// The rule that it breaks.
        expected: &'static str,
    },
    /// Nobody offers it.
    #[error("there is no service {service}")]
    Unknown {
        /// What was asked for.
        service: ServiceId,
    },
    /// Somebody offers it already.
    #[error("service {service} is registered already")]
    Taken {
        /// What was to be registered.
        service: ServiceId,
    },
    /// The data is not what the service takes.
    #[error("data of {service} is wrong at '{path}': {message}")]
    InvalidData {
        /// What was asked for.
        service: ServiceId,
        /// Where in the data; `.` is all of it.
        path: String,
        /// What was expected and found there.
        message: String,
    },
    /// The handler did not answer in time; it was stopped.
    #[error("{service} did not answer within {} s", after.as_secs_f64())]
    TimedOut {
        /// What was asked for.
        service: ServiceId,
        /// How long it was waited for.
        after: Duration,
    },
    /// The handler could not do it.
    #[error("{service} failed: {message} ({code})")]
    Failed {
        /// What was asked for.
        service: ServiceId,
        /// For programs, e.g. `room_not_empty`.
        code: &'static str,
        /// For people.
        message: String,
    },
}

/// What a handler says when it cannot do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// One call, as its handler sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceCall<T> {
    /// What is asked for, of the service's own type.
    pub data: T,
    /// What caused the call; what the handler changes is caused by [`Context::child`] of it.
    pub context: Context,
}

type Answer = Pin<Box<dyn Future<Output = Result<Value, ServiceError>> + Send>>;
type Handler = Arc<dyn Fn(Value, Context) -> Answer + Send + Sync>;

/// The services that exist.
#[derive(Default)]
pub struct ServiceRegistry {
    handlers: RwLock<BTreeMap<ServiceId, Handler>>,
}

impl std::fmt::Debug for ServiceRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.handlers.read().keys().map(ToString::to_string)).finish()
    }
}

impl ServiceRegistry {
    /// Offers `service`: its data must deserialise into `T`, and `handler`'s answer is serialised for the caller.
    ///
    /// # Errors
    /// [`ServiceError::Taken`] when it is offered already.
    pub fn register<T, R, F, Fut>(&self, service: ServiceId, handler: F) -> Result<(), ServiceError>
    where
        T: DeserializeOwned + Send + 'static,
        R: Serialize,
        F: Fn(ServiceCall<T>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Refusal>> + Send + 'static,
    {
        let mut handlers = self.handlers.write();
        if handlers.contains_key(&service) {
            return Err(ServiceError::Taken { service });
        }
        let name = service.clone();
        let erased = move |data: Value, context: Context| -> Answer {
            let service = name.clone();
            match serde_path_to_error::deserialize::<_, T>(data) {
                Ok(data) => {
                    let answer = handler(ServiceCall { data, context });
                    Box::pin(async move { answered(service, answer.await) })
                }
                Err(error) => {
                    let (path, message) = (error.path().to_string(), error.inner().to_string());
                    Box::pin(std::future::ready(Err(ServiceError::InvalidData { service, path, message })))
                }
            }
        };
        handlers.insert(service, Arc::new(erased));
        Ok(())
    }

    /// Offers it no longer; true when it was offered.
    pub fn remove(&self, service: &ServiceId) -> bool {
        self.handlers.write().remove(service).is_some()
    }

    /// All services, ordered.
    pub fn all(&self) -> Vec<ServiceId> {
        self.handlers.read().keys().cloned().collect()
    }

    /// Calls `service` and waits for its answer, for at most `timeout`. A handler that takes longer is dropped where it waits.
    ///
    /// # Errors
    /// [`ServiceError`] for a service that nobody offers, data that it does not take, a refusal, and a timeout.
    pub async fn call(
        &self,
        service: &ServiceId,
        data: Value,
        context: Context,
        timeout: Duration,
    ) -> Result<Value, ServiceError> {
        // Not held while it runs: a handler may call and register services itself.
        let handler = self.handlers.read().get(service).cloned();
        let handler = handler.ok_or_else(|| ServiceError::Unknown { service: service.clone() })?;
        tokio::time::timeout(timeout, handler(data, context))
            .await
            .unwrap_or_else(|_| Err(ServiceError::TimedOut { service: service.clone(), after: timeout }))
    }
}

fn answered<R: Serialize>(service: ServiceId, answer: Result<R, Refusal>) -> Result<Value, ServiceError> {
    match answer {
        Ok(answer) => serde_json::to_value(answer).map_err(|error| ServiceError::Failed {
            service,
            code: "unserialisable_answer",
            message: error.to_string(),
        }),
        Err(Refusal { code, message }) => Err(ServiceError::Failed { service, code, message }),
    }
}
