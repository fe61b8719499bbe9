//! A unified diff, out of what was put where: nothing has to be searched for.

use std::fmt::Write as _;
use std::path::Path;

use crate::edit::{NewText, Splice};
use crate::text::Text;

const CONTEXT: usize = 3;

/// Lines of the old text that are replaced by others. Lines count from 0, the last is not one of them.
struct Hunk {
    first: usize,
    last: usize,
    new: Vec<String>,
}

pub(crate) fn unified(path: &Path, old: &Text, new: &NewText) -> String {
    let hunks = changed_lines(old, &new.splices);
    let path = path.strip_prefix(".").unwrap_or(path);
    let mut diff = format!("--- a/{0}\n+++ b/{0}\n", path.display());
    let mut shift = 0;
    let mut rest = hunks.as_slice();
    while let [first, ..] = rest {
        // Hunks whose contexts touch are one.
        let mut length = 1;
        while let Some([one, next]) = rest.get(length - 1..=length) {
            if next.first.saturating_sub(one.last) > 2 * CONTEXT {
                break;
            }
            length += 1;
        }
        let (group, others) = rest.split_at(length);
        let last = group.last().map_or(first.last, |hunk| hunk.last);
        write_group(&mut diff, old, group, first.first.saturating_sub(CONTEXT), last + CONTEXT, &mut shift);
        rest = others;
    }
    diff
}

/// The lines that the splices touch, and what becomes of them.
fn changed_lines(old: &Text, splices: &[Splice]) -> Vec<Hunk> {
    let mut hunks: Vec<(usize, usize, String)> = Vec::new();
    let mut kept = 0;
    for splice in splices {
        let first = old.line(splice.range.start);
        match hunks.last_mut() {
            // Another change on the last line of the one before, whose end is there already.
            Some((_, last, new)) if first < *last => {
                let tail = old.slice(kept..old.line_start(*last)).len();
                new.truncate(new.len().saturating_sub(tail));
                new.push_str(old.slice(kept..splice.range.start));
            }
            _ => hunks.push((first, first, old.slice(old.line_start(first)..splice.range.start).to_owned())),
        }
        kept = splice.range.end;
        if let Some((_, last, new)) = hunks.last_mut() {
            *last = old.line(splice.range.end) + 1;
            new.push_str(&splice.text);
            new.push_str(old.slice(kept..old.line_start(*last)));
        }
    }
    hunks.into_iter().map(|(first, last, new)| narrowed(old, first, last, &new)).collect()
}

/// Without the lines at the beginning and the end that stay as they are.
fn narrowed(old: &Text, first: usize, last: usize, new: &str) -> Hunk {
    let last = last.min(lines(old));
    let mut new: Vec<_> = new.split_inclusive('\n').map(str::to_owned).collect();
    let same = (first..last).zip(&new).take_while(|(line, new)| old.whole_line(*line) == *new).count();
    new.drain(..same);
    let first = first + same;
    let tail =
        (first..last).rev().zip(new.iter().rev()).take_while(|(line, new)| old.whole_line(*line) == *new).count();
    new.truncate(new.len() - tail);
    Hunk { first, last: last - tail, new }
}

/// How many lines a text has, if what follows the last `\n` is nothing.
fn lines(text: &Text) -> usize {
    text.lines() - usize::from(text.as_str().ends_with('\n'))
}

fn write_group(diff: &mut String, old: &Text, group: &[Hunk], first: usize, last: usize, shift: &mut usize) {
    let last = last.min(lines(old));
    let mut body = String::new();
    let (mut line, mut added, mut removed) = (first, 0, 0);
    for hunk in group {
        write_lines(&mut body, ' ', old, line, hunk.first);
        write_lines(&mut body, '-', old, hunk.first, hunk.last);
        hunk.new.iter().for_each(|line| write_line(&mut body, '+', line));
        line = hunk.last;
        added += hunk.new.len();
        removed += hunk.last - hunk.first;
    }
    write_lines(&mut body, ' ', old, line, last);
    let old_count = last - first;
    let new_count = old_count + added - removed;
    // Writing to a string doesn't fail.
    let _ = writeln!(diff, "@@ -{},{old_count} +{},{new_count} @@", first + 1, first + 1 + *shift);
    diff.push_str(&body);
    *shift = (*shift + added).saturating_sub(removed);
}

fn write_lines(body: &mut String, mark: char, text: &Text, first: usize, last: usize) {
    (first..last).for_each(|line| write_line(body, mark, text.whole_line(line)));
}

fn write_line(body: &mut String, mark: char, line: &str) {
    body.push(mark);
    body.push_str(line);
    if !line.ends_with('\n') {
        body.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::unified;
    use crate::edit::{apply, NewText, Splice};
    use crate::text::Text;

    fn diff(old: &str, mut splices: Vec<Splice>) -> String {
        let new = apply(old, &mut splices).unwrap();
        unified(Path::new("f"), &Text::new(old.to_owned()), &NewText { text: Text::new(new), splices })
    }

    #[test]
    fn lines_that_are_added_are_all_that_is_shown_as_added() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let shown = diff(old, vec![Splice::insert(7, "\nx\ny".to_owned())]);
        assert_eq!(shown, "--- a/f\n+++ b/f\n@@ -2,6 +2,8 @@\n 2\n 3\n 4\n+x\n+y\n 5\n 6\n 7\n");
    }

    #[test]
    fn far_changes_have_hunks_of_their_own_and_near_ones_share() {
        let old: String = (0..30).map(|n| format!("{n:02}\n")).collect();
        let add = |line: usize| Splice::insert(line * 3, "x\n".to_owned());
        assert_eq!(diff(&old, vec![add(3), add(8), add(20)]).matches("@@ -").count(), 2);
        assert!(diff(&old, vec![add(3), add(20)]).contains("@@ -18,6 +19,7 @@"));
    }

    #[test]
    fn two_changes_of_a_line_are_one() {
        let replace = |range, text: &str| Splice { range, text: text.to_owned() };
        let shown = diff("a: b\nc", vec![replace(0..1, "A"), replace(3..4, "B")]);
        assert_eq!(shown, "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a: b\n+A: B\n c\n\\ No newline at end of file\n");
    }
}
