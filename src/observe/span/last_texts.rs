//! Texts that a gateway sends with every request: shared by spans in place of copied.

use std::cell::Cell;
use std::sync::Arc;

/// A text that is mostly that of the request before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Repeated {
    Service,
    Domain,
    Resource,
    Route,
    Stage,
    ApiId,
    Region,
    AccountId,
    Arn,
}

const KINDS: usize = Repeated::Arn as usize + 1;

/// The last text of each kind. Requests of one API differ in little more than path and ids, and a text that comes again
/// costs a comparison, in place of an allocation and a copy.
#[derive(Debug, Default)]
pub(super) struct LastTexts([Option<Arc<str>>; KINDS]);

thread_local! {
    /// A thread's own, because counting the references to one text in several threads costs more than a copy of it.
    static LAST: Cell<Option<Box<LastTexts>>> = const { Cell::new(None) };
}

impl LastTexts {
    /// Runs a step with those of this thread.
    pub(super) fn with<R>(step: impl FnOnce(&mut Self) -> R) -> R {
        // Taken out, and not borrowed: a step within a step, or one in a thread that ends, just remembers nothing.
        let mut texts = LAST.try_with(Cell::take).ok().flatten().unwrap_or_default();
        let result = step(&mut texts);
        let _ = LAST.try_with(|last| last.set(Some(texts)));
        result
    }

    /// The text that the parts make.
    pub(super) fn get(&mut self, kind: Repeated, parts: &[&str]) -> Arc<str> {
        let Some(last) = self.0.get_mut(kind as usize) else {
            return parts.concat().into();
        };
        match last {
            Some(text) if is_concat(text, parts) => Arc::clone(text),
            _ => Arc::clone(last.insert(parts.concat().into())),
        }
    }
}

fn is_concat(text: &str, parts: &[&str]) -> bool {
    let rest = parts.iter().try_fold(text, |rest, part| rest.strip_prefix(part));
    rest == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_comes_again_is_the_same_and_another_is_another() {
        let mut texts = LastTexts::default();
        let first = texts.get(Repeated::Route, &["GET", " ", "/users"]);
        assert_eq!(&*first, "GET /users");
        assert!(Arc::ptr_eq(&first, &texts.get(Repeated::Route, &["GET /users"])));
        for other in [&["GET /user"][..], &["GET /users/"], &["GET", "/users"], &[""], &[]] {
            assert_eq!(*texts.get(Repeated::Route, other), *other.concat(), "{other:?}");
            assert!(Arc::ptr_eq(&texts.get(Repeated::Route, other), &texts.get(Repeated::Route, other)));
            texts.get(Repeated::Route, &["GET /users"]);
        }
        assert_eq!(&*texts.get(Repeated::Stage, &["prod"]), "prod");
        assert_eq!(&*texts.get(Repeated::Route, &["GET /users"]), "GET /users");
    }

    #[test]
    fn a_thread_remembers_from_step_to_step_even_within_one() {
        let get = || LastTexts::with(|texts| texts.get(Repeated::Stage, &["prod"]));
        assert!(Arc::ptr_eq(&get(), &get()));
        let (outer, inner) = LastTexts::with(|texts| (texts.get(Repeated::Stage, &["prod"]), get()));
        assert_eq!(outer, inner);
    }
}
