//! The Java that runs DynamoDB Local.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::variable;
use crate::dynamo;

/// The program, or why there is none that is new enough.
pub(super) fn program() -> Result<OsString, String> {
    let java = match variable("JAVA_HOME") {
        Some(home) => PathBuf::from(home).join("bin").join("java").into_os_string(),
        None => OsString::from("java"),
    };
    let wanted = dynamo::JAVA;
    let output = Command::new(&java).arg("-version").stdin(Stdio::null()).output();
    let output = output.map_err(|e| format!("DynamoDB Local needs Java {wanted} or newer, and there is none ({e})"))?;
    // Java: the version is printed on stderr.
    match dynamo::java_version(&String::from_utf8_lossy(&output.stderr)) {
        Some(version) if version >= wanted => Ok(java),
        Some(version) => Err(format!("DynamoDB Local needs Java {wanted} or newer, and this one is {version}")),
        None => Err(format!("DynamoDB Local needs Java {wanted} or newer, and `java -version` names no version")),
    }
}
