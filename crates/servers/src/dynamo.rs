//! DynamoDB Local: its options, and the request that shows that it is ready.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use crate::error::{Context as _, bail};

use crate::ports;

/// The oldest Java that runs it.
pub(crate) const JAVA: u32 = 17;

/// Keeps the server from reporting to its makers; older versions do not know the option for it.
pub(crate) const NO_TELEMETRY: (&str, &str) = ("DDB_LOCAL_TELEMETRY", "0");

const TIMEOUT: Duration = Duration::from_secs(10);

/// The arguments of `java`, in the folder of the server.
pub(crate) fn arguments(port: u16) -> Vec<String> {
    let mut words: Vec<String> =
        ["-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-port"]
            .map(str::to_owned)
            .into();
    words.push(port.to_string());
    words
}

/// Fails until the server answers a request for the names of its tables.
pub(crate) fn ready(address: &str) -> crate::Result<()> {
    let mut stream = ports::connect(address, TIMEOUT).with_context(|| format!("{address} cannot be reached"))?;
    // DynamoDB Local wants the form of a signature and does not check it.
    let signature = "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, \
                     Signature=0";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nAuthorization: \
         {signature}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).context("the request cannot be sent")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context("no answer")?;
    let answer = String::from_utf8_lossy(&answer);
    // An account of its own may refuse the made-up signature; it answers all the same.
    if answer.contains("TableNames") || answer.contains("__type") {
        Ok(())
    } else {
        bail!("the answer is no DynamoDB's")
    }
}

/// The version that the server prints when it starts.
pub(crate) fn version(log: &str) -> Option<String> {
    let version = log.lines().find_map(|line| line.strip_prefix("Version:"))?.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

/// The host and port of an endpoint; none where the connection is encrypted.
pub(crate) fn address_of(endpoint: &str) -> Option<String> {
    let host = endpoint.strip_prefix("http://")?.split('/').next().filter(|host| !host.is_empty())?;
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Some(if has_port { host.to_owned() } else { format!("{host}:80") })
}

/// The first number of the version in the first line of `java -version`.
pub(crate) fn java_version(text: &str) -> Option<u32> {
    let version = text.lines().find(|line| line.contains("version"))?.split('"').nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_java_is_read() {
        for (text, version) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK", Some(17)),
            ("Picked up X\njava version \"1.8.0_1\"", Some(1)),
            ("openjdk version \"26-ea\"", Some(26)),
            ("command not found", None),
        ] {
            assert_eq!(java_version(text), version, "{text}");
        }
    }

    #[test]
    fn the_address_of_an_endpoint_is_read() {
        assert_eq!(address_of("http://localhost:8000/").as_deref(), Some("localhost:8000"));
        assert_eq!(address_of("http://localhost").as_deref(), Some("localhost:80"));
        assert_eq!(address_of("https://dynamodb.us-east-1.amazonaws.com"), None);
    }

    #[test]
    fn the_version_of_the_server_is_read() {
        assert_eq!(version("Port:\t8000\nVersion:\t3.3.1\nDbPath:\tnull\n").as_deref(), Some("3.3.1"));
        assert_eq!(version("Port:\t8000\n"), None);
    }
}
