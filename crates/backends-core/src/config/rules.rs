//! Rules about the shared properties taken together.
//!
//! They are about words that several backends share (two keys that say the same thing in two ways, or half of a pair)
//! and not about a database, so they stand here, once, instead of in each backend that has the words. They apply to
//! what the chosen backend declares; what is meant for another one is not looked at.

use crate::error::Mistakes;

use super::backend::BackendConfig;
use super::property::Property;
use super::uri::Uri;

/// Adds what is wrong with the shared properties of `config`.
pub(super) fn check(config: &BackendConfig, mistakes: &mut Mistakes) {
    address(config, mistakes);
    login(config, mistakes);
    aws_keys(config, mistakes);
    tls(config, mistakes);
    pool(config, mistakes);
}

fn address(config: &BackendConfig, mistakes: &mut Mistakes) {
    for other in [Property::HOST, Property::ENDPOINT, Property::PATH] {
        if config.is_set("url") && config.is_set(other.name) {
            mistakes.add(format!(
                "`url` and `{}` both say where the database is: keep one, or put `url` under `options` of its backend",
                other.name
            ));
        }
    }
    if config.is_set("host") && !config.list("host").iter().all(|host| host.starts_with('/') || Uri::is_host(host)) {
        mistakes.add(
            "`host` must be `name` or `name:port`, without a scheme, a user or a path: \
             give a full connection string as `url`",
        );
    }
}

fn login(config: &BackendConfig, mistakes: &mut Mistakes) {
    if config.is_set("url") && config.has_declared("url") && config.secret("url").is_none() {
        // Whether a URL that has been refused names a user is not known.
        return;
    }
    let named_in_url = config.is_set("url") && config.secret("url").is_some_and(|url| names_user(url.expose()));
    if named_in_url && (config.is_set("user") || config.is_set("pass")) {
        mistakes.add("`url` names a user, and so do `user` and `pass`: keep one of both");
    }
    if config.is_set("pass") && !config.is_set("user") && !named_in_url {
        mistakes.add("`pass` is given without `user`: give both");
    }
}

/// A file used to override static keys without a word, and half a pair was not noticed before the first request.
fn aws_keys(config: &BackendConfig, mistakes: &mut Mistakes) {
    let (id, key) = (config.is_set("awsSecretKeyId"), config.is_set("awsSecretAccessKey"));
    let token = config.is_set("awsSessionToken");
    if config.is_set("credentials") && (id || key || token) {
        mistakes.add(
            "`credentials` and static AWS keys are given: keep the file, or `awsSecretKeyId` and `awsSecretAccessKey`",
        );
    }
    match (id, key) {
        (true, false) => mistakes.add("`awsSecretKeyId` is given without `awsSecretAccessKey`: give both"),
        (false, true) => mistakes.add("`awsSecretAccessKey` is given without `awsSecretKeyId`: give both"),
        (false, false) if token => {
            mistakes
                .add("`awsSessionToken` is given without `awsSecretKeyId` and `awsSecretAccessKey`: give all three");
        }
        _ => {}
    }
}

fn tls(config: &BackendConfig, mistakes: &mut Mistakes) {
    for file in [Property::TLS_CA_FILE, Property::TLS_CERTIFICATE_KEY_FILE] {
        if config.is_set(file.name) && config.is_set("tls") && config.flag("tls") == Some(false) {
            mistakes.add(format!("`{}` is given, but `tls` is false: make it true, or remove the file", file.name));
        }
    }
}

fn pool(config: &BackendConfig, mistakes: &mut Mistakes) {
    if !config.is_set("minPoolSize") || !config.is_set("maxPoolSize") {
        return;
    }
    let sizes = config.integer("minPoolSize").zip(config.integer("maxPoolSize"));
    if sizes.is_some_and(|(fewest, most)| fewest > most) {
        mistakes.add("`minPoolSize` is greater than `maxPoolSize`: lower it");
    }
}

fn names_user(url: &str) -> bool {
    Uri::parse(url).is_ok_and(|uri| uri.names_user())
}
