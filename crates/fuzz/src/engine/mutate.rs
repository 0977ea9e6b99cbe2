//! Small changes to an input, and pieces of others put into it.

use fastrand::Rng;

/// Bytes that mean something in most of what is read here.
const TELLING: &[u8] = b"\"\\{}[]:,.$%-+eE0129 \n\t\0\x01\x1f\x7f\x80\xc3\xff=/@?&_;~";

/// No input grows beyond this.
const LONGEST: usize = 1 << 12;

pub(super) fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&str], rng: &mut Rng) {
    for _ in 0..rng.usize(1..5) {
        once(input, pool, words, rng);
    }
    input.truncate(LONGEST);
}

fn once(input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&str], rng: &mut Rng) {
    let at = rng.usize(..=input.len());
    let part = at..(at + 1 + rng.usize(..16)).min(input.len());
    match rng.u8(..10) {
        0 => set(input, at, rng.u8(..)),
        1 => set(input, at, rng.choice(TELLING).copied().unwrap_or(b'"')),
        2 => insert(input, at, &[rng.choice(TELLING).copied().unwrap_or(b'"')]),
        3 | 4 => {
            let word = rng.choice(words).copied().unwrap_or_default();
            input.splice(part, word.bytes());
        }
        5 => {
            input.drain(part);
        }
        6 => {
            let twice = input[part].to_vec();
            let times = if rng.u8(..16) == 0 { 200 } else { 1 };
            insert(input, at, &twice.repeat(times));
        }
        7 => {
            let other = rng.choice(pool).map_or(&[][..], Vec::as_slice);
            let from = rng.usize(..=other.len());
            let until = rng.usize(from..=other.len());
            input.splice(part, other[from..until].iter().copied());
        }
        8 => {
            let to = rng.usize(..=input.len());
            let moved: Vec<u8> = input.drain(part).collect();
            insert(input, to.min(input.len()), &moved);
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << rng.u8(..8);
            }
        }
    }
}

fn set(input: &mut [u8], at: usize, byte: u8) {
    if let Some(place) = input.get_mut(at) {
        *place = byte;
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}
