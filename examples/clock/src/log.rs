//! JSON lines on standard output, as Terrarium's log collector reads them: `level`, `time`, `msg`, and fields.

use std::io::Write;

use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// How much is written; the order is that of importance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// The level of a value of LOG_LEVEL.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "trace" => Some(Self::Trace),
            "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "warn" => Some(Self::Warn),
            "error" => Some(Self::Error),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A log that leaves out what is below its level.
#[derive(Clone, Copy)]
pub struct Log {
    level: Level,
}

impl Log {
    pub fn new(level: Level) -> Self {
        Self { level }
    }

    pub fn trace(&self, message: &str, fields: &[(&str, Value)]) {
        self.write(Level::Trace, message, fields);
    }

    pub fn info(&self, message: &str, fields: &[(&str, Value)]) {
        self.write(Level::Info, message, fields);
    }

    pub fn error(&self, message: &str, fields: &[(&str, Value)]) {
        self.write(Level::Error, message, fields);
    }

    fn write(&self, level: Level, message: &str, fields: &[(&str, Value)]) {
        if level >= self.level {
            // One write for each line, so that lines of several threads do not mix. A closed output is no reason to stop.
            let _ = std::io::stdout().write_all(line(level, message, fields).as_bytes());
        }
    }
}

/// The current time as RFC 3339, in UTC.
pub fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

fn line(level: Level, message: &str, fields: &[(&str, Value)]) -> String {
    let mut object = Map::new();
    object.insert("level".into(), json!(level.name()));
    object.insert("time".into(), json!(now()));
    object.insert("msg".into(), json!(message));
    object.extend(fields.iter().map(|(key, value)| ((*key).into(), value.clone())));
    format!("{}\n", Value::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_level_time_message_and_fields() {
        let text = line(Level::Warn, "a \"quoted\"\nmessage", &[("port", json!(8080))]);
        assert!(text.ends_with('\n') && !text.trim_end().contains('\n'));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["level"], "warn");
        assert_eq!(value["msg"], "a \"quoted\"\nmessage");
        assert_eq!(value["port"], 8080);
        assert!(value["time"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn levels_are_those_that_terrarium_sets() {
        for name in ["trace", "debug", "info", "warn", "error"] {
            assert_eq!(Level::parse(name).map(Level::name), Some(name));
        }
        assert_eq!(Level::parse("loud"), None);
        assert!(Level::Error > Level::Info);
    }
}
