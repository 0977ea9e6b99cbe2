//! Makes an input that fails smaller, as long as it fails in the same way.

use std::time::{Duration, Instant};

/// The smallest input that was found within `time`: parts are taken out, long ones first, then bytes made plain.
pub(super) fn shrink(mut input: Vec<u8>, fails: impl Fn(&[u8]) -> bool, time: Duration) -> Vec<u8> {
    let until = Instant::now() + time;
    loop {
        let before = input.clone();
        take_out(&mut input, &fails, until);
        make_plain(&mut input, &fails, until);
        if input == before || Instant::now() > until {
            return input;
        }
    }
}

fn take_out(input: &mut Vec<u8>, fails: &impl Fn(&[u8]) -> bool, until: Instant) {
    let mut length = input.len();
    while length > 0 {
        let mut at = 0;
        while at < input.len() && Instant::now() < until {
            let mut shorter = input.clone();
            shorter.drain(at..(at + length).min(input.len()));
            if fails(&shorter) {
                *input = shorter;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
}

fn make_plain(input: &mut [u8], fails: &impl Fn(&[u8]) -> bool, until: Instant) {
    for at in 0..input.len() {
        let byte = input[at];
        for plain in [0, b'0', b'a', b' '] {
            if byte == plain || Instant::now() > until {
                break;
            }
            input[at] = plain;
            if fails(input) {
                break;
            }
            input[at] = byte;
        }
    }
}
