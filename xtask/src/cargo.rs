//! Calls of cargo: in the root of the repository, with the build folder outside it, and without stdin.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::{Result, workspace};

/// The cargo that runs this program, with `args`.
pub(crate) fn cargo<A: AsRef<str>>(args: &[A]) -> Result<Command> {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.args(args.iter().map(AsRef::as_ref));
    prepare(&mut command)?;
    Ok(command)
}

/// Sets the folders and closes stdin.
pub(crate) fn prepare(command: &mut Command) -> Result {
    command.current_dir(workspace::root()?).env("CARGO_TARGET_DIR", workspace::build_folder()?).stdin(Stdio::null());
    Ok(())
}

/// Runs a command that talks to the terminal itself.
pub(crate) fn run(command: &mut Command) -> Result {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().map_err(|e| format!("`{line}` cannot be run: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed: {status}")) }
}

/// Runs `cargo` with `args`.
pub(crate) fn run_cargo<A: AsRef<str>>(args: &[A]) -> Result {
    run(&mut cargo(args)?)
}

/// Runs `cargo` with `args` and gives what it printed; its errors are part of the failure.
pub(crate) fn output_of<A: AsRef<str>>(args: &[A]) -> Result<String> {
    answer(&mut cargo(args)?)
}

/// Runs a command and gives what it printed; its errors are part of the failure, unless they go elsewhere.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().map_err(|e| format!("`{line}` cannot be run: {e}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{line}` printed what is no UTF-8"))
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    let words: Vec<String> = std::iter::once(program).chain(args).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = output_of(&["no-such-verb"]).unwrap_err();
        assert!(error.starts_with("`cargo no-such-verb` failed: "), "{error}");
    }

    #[test]
    fn children_build_outside_the_repository_or_where_the_caller_said() {
        let command = cargo(&["check"]).unwrap();
        let folder = command.get_envs().find(|(name, _)| *name == "CARGO_TARGET_DIR").and_then(|(_, value)| value);
        assert_eq!(folder, Some(workspace::build_folder().unwrap().as_os_str()));
    }
}
