//! Civil dates in the proleptic Gregorian calendar, and their RFC 3339 text.

const DAY: i64 = 86_400_000;

/// `2024-02-29T12:30:00.123Z`.
pub(super) fn format(millis: i64) -> [u8; 24] {
    let (year, month, day) = date(millis.div_euclid(DAY));
    let time = millis.rem_euclid(DAY);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    put(&mut text[0..4], year);
    put(&mut text[5..7], month);
    put(&mut text[8..10], day);
    put(&mut text[11..13], time / 3_600_000);
    put(&mut text[14..16], time / 60_000 % 60);
    put(&mut text[17..19], time / 1_000 % 60);
    put(&mut text[20..23], time % 1_000);
    text
}

fn put(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// Milliseconds since the epoch, or `None` if the text is no RFC 3339 instant.
pub(super) fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[4] != b'-' || bytes[7] != b'-' || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    // RFC 3339, 5.6: the separators may be lower case, and T a space.
    if !matches!(bytes[10], b'T' | b't' | b' ') {
        return None;
    }
    let (year, month, day) = (number(&bytes[0..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
    let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
    let real_date = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !real_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (millis, zone) = fraction(&bytes[19..])?;
    let local = days(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * 1_000 + millis;
    Some(local - offset(zone)? * 60_000)
}

/// Whether the text is an instant but for its second, which is 60.
pub(super) fn is_leap_second(text: &str) -> bool {
    text.get(17..19) == Some("60") && parse(&format!("{}59{}", &text[..17], &text[19..])).is_some()
}

/// Whether the text is an instant but for its year, which has a sign or more than four digits, as ISO 8601 writes those
/// before 0000 and after 9999.
pub(super) fn is_other_year(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let year = digits.len() - digits.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (text.starts_with('-') || year > 4) && parse(&format!("2000{}", &digits[year..])).is_some()
}

/// The milliseconds of `.123456`, if it is there, and the rest.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', rest)) = rest.split_first() else { return Some((0, rest)) };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let kept = number(&rest[..digits.min(3)])?;
    Some((kept * [100, 10, 1][digits.min(3) - 1], &rest[digits..]))
}

/// Minutes east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            let minutes = (hours <= 23 && minutes <= 59).then_some(hours * 60 + minutes)?;
            Some(if *sign == b'-' { -minutes } else { minutes })
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both conversions count in years that begin in March, so that the leap day is a year's last.
// 719,468 days lie between 0000-03-01 and 1970-01-01; an era is 400 years or 146,097 days.

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}
