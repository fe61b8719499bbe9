//! SWAR, "SIMD within a register": a number of 64 bits as eight bytes that are looked at, or made, at once.

/// One in each byte.
pub(crate) const EACH: u64 = u64::MAX / 0xff;

/// A byte that no test is to find.
const FILLER: u64 = b'a' as u64;

/// Whether `test`, which looks at eight bytes at once, sets the highest bit of any of them.
pub(crate) fn any(bytes: &[u8], test: impl Fn(u64) -> u64) -> bool {
    let eights = bytes.chunks_exact(8).map(eight);
    let last = match bytes.len().checked_sub(8) {
        // Some of them are looked at twice, which is less work than to look at what remains one by one.
        Some(at) => eight(bytes.get(at..).unwrap_or_default()),
        None => bytes.iter().rev().fold(EACH * FILLER, |last, b| last << 8 | u64::from(*b)),
    };
    let found = eights.fold(test(last), |found, eight| found | test(eight));
    found & (EACH * 0x80) != 0
}

/// Where the first of the `wanted`, which are ASCII, is.
pub(crate) fn position<const N: usize>(bytes: &[u8], wanted: [u8; N]) -> Option<usize> {
    // Almost nothing has one, and that is told faster than where it would be.
    let has_one = any(bytes, |eight| {
        wanted.iter().fold(0, |found, wanted| {
            let is_zero = eight ^ (EACH * u64::from(*wanted));
            found | is_zero.wrapping_sub(EACH) & !is_zero
        })
    });
    has_one.then(|| bytes.iter().position(|b| wanted.contains(b)))?
}

/// A number of at most 16 decimal digits; none are zero.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    let mut padded = [b'0'; 16];
    let at = padded.len().checked_sub(digits.len())?;
    padded.get_mut(at..)?.copy_from_slice(digits);
    let (high, low) = padded.split_at(8);
    Some(eight_digits(eight(high))? * 100_000_000 + eight_digits(eight(low))?)
}

/// Pairs of digits become numbers below 100, pairs of those numbers below 10,000, and so on.
fn eight_digits(digits: u64) -> Option<u64> {
    let values = digits ^ (EACH * u64::from(b'0'));
    let beyond_nine = (values.wrapping_add(EACH * 0x76) | values) & (EACH * 0x80);
    let pairs = values.wrapping_mul(1 + (10 << 8)) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(1 + (100 << 16)) >> 16 & 0x0000_ffff_0000_ffff;
    let eight = fours.wrapping_mul(1 + (10_000 << 32)) >> 32;
    (beyond_nine == 0).then_some(eight)
}

/// Writes bytes, a multiple of four, as two hexadecimal digits each.
#[inline]
pub(crate) fn push_hex(text: &mut Vec<u8>, bytes: &[u8]) {
    for four in bytes.chunks_exact(4) {
        let four = four.try_into().map_or(0, u32::from_be_bytes);
        text.extend_from_slice(&hex(four).to_be_bytes());
    }
}

/// The digits of a number. Its halves are moved apart, then their bytes, then the halves of those.
fn hex(number: u32) -> u64 {
    let halves = u64::from(number);
    let bytes = (halves | halves << 16) & 0x0000_ffff_0000_ffff;
    let pairs = (bytes | bytes << 8) & 0x00ff_00ff_00ff_00ff;
    let digits = (pairs | pairs << 4) & (EACH * 0x0f);
    let letters = (digits + EACH * 6) >> 4 & EACH;
    digits + EACH * u64::from(b'0') + letters * u64::from(b'a' - b'0' - 10)
}

/// A number of exactly so many hexadecimal digits, a multiple of eight and at most 32.
pub(crate) fn read_hex(digits: &str, count: usize) -> Option<u128> {
    let mut eights = digits.as_bytes().chunks_exact(8);
    let is_all = digits.len() == count && eights.remainder().is_empty();
    let number = eights
        .try_fold(0, |number, digits| Some(number << 32 | u128::from(eight_hex_digits(eight(digits).swap_bytes())?)));
    number.filter(|_| is_all)
}

/// The opposite of [`hex`], which tells whether they are digits at all.
fn eight_hex_digits(text: u64) -> Option<u32> {
    let letters = text >> 6 & EACH;
    let digits = (text & (EACH * 0x0f)) + letters * 9;
    let pairs = (digits | digits >> 4) & 0x00ff_00ff_00ff_00ff;
    let bytes = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let halves = u32::try_from((bytes | bytes >> 16) & 0xffff_ffff).ok()?;
    let lower_case = text | letters << 5;
    (hex(halves) == lower_case).then_some(halves)
}

fn eight(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert_eq, proptest, Strategy};

    proptest! {
        #[test]
        fn a_position_is_the_first(text in "[abc?# é]{0,40}") {
            let wanted = [b'?', b'#', b' '];
            let first = text.bytes().position(|b| wanted.contains(&b));
            prop_assert_eq!(position(text.as_bytes(), wanted), first);
        }

        #[test]
        fn digits_are_the_number_they_write(digits in "[0-9]{1,16}") {
            prop_assert_eq!(number(digits.as_bytes()), digits.parse().ok());
        }

        #[test]
        fn what_is_no_digit_makes_no_number(bytes in prop::collection::vec(0_u8.., 0..24)) {
            let is_number = bytes.len() <= 16 && bytes.iter().all(u8::is_ascii_digit);
            prop_assert_eq!(number(&bytes).is_some(), is_number);
        }

        #[test]
        fn hexadecimal_is_that_of_the_standard_library(bytes: [u8; 16]) {
            let mut text = Vec::new();
            push_hex(&mut text, &bytes);
            prop_assert_eq!(String::from_utf8(text), Ok(format!("{:032x}", u128::from_be_bytes(bytes))));
        }

        #[test]
        fn hexadecimal_is_read_as_written(text in "[0-9a-fA-F]{0,40}", count in (1_usize..=4).prop_map(|n| 8 * n)) {
            let expected = (text.len() == count).then(|| u128::from_str_radix(&text, 16).unwrap());
            prop_assert_eq!(read_hex(&text, count), expected);
        }
    }

    #[test]
    fn every_byte_at_every_place_is_told_from_digits() {
        for byte in 0..=u8::MAX {
            for at in 0..16 {
                let mut digits = [b'7'; 16];
                digits[at] = byte;
                let is_some = number(&digits).is_some();
                assert_eq!(is_some, byte.is_ascii_digit(), "{byte} at {at}");

                let is_some = eight_hex_digits(eight(&digits[8..]).swap_bytes()).is_some();
                let is_hex = at < 8 || byte.is_ascii_hexdigit();
                assert_eq!(is_some, is_hex, "{byte} at {at}");
            }
        }
    }
}
