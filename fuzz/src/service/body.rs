//! The response and its body. Status, lengths and frames are as the plan says.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::application::{assert_current, Failure};
use super::events::{Event, Shared};
use super::input::{Hint, Length, Reply, Step};
use super::panics::deliberate_panic;

impl Reply {
    pub(crate) fn respond(mut self, seen: &Shared) -> Response<ScriptedBody> {
        self.steps.truncate(12);
        self.steps.reverse();
        let total = self.steps.iter().map(Step::bytes).sum::<u64>();
        let status = StatusCode::from_u16(self.status % 900 + 100).expect("a status");
        let body = ScriptedBody {
            seen: Rc::clone(seen),
            steps: self.steps,
            tells_its_end: self.tells_its_end,
            hint: self.hint,
        };
        let known = match self.length {
            Length::Absent => body.size_hint().exact(),
            Length::Right => Some(total),
            Length::Other(length) => Some(length.into()),
            Length::NoNumber => None,
        };
        let length = if body.is_end_stream() { Some(0) } else { known };
        seen.borrow_mut().events.push(Event::Responded { status: status.as_u16(), length });
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let header = match self.length {
            Length::Absent => None,
            Length::Right => Some(HeaderValue::from(total)),
            Length::Other(length) => Some(HeaderValue::from(length)),
            Length::NoNumber => Some(HeaderValue::from_static("a few")),
        };
        if let Some(header) = header {
            response.headers_mut().insert(CONTENT_LENGTH, header);
        }
        response
    }
}

impl Step {
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Data(bytes) => u64::from(*bytes),
            _ => 0,
        }
    }
}

/// A body that takes one step of the plan at each poll.
pub(crate) struct ScriptedBody {
    seen: Shared,
    /// Reversed: the next step is the last element.
    steps: Vec<Step>,
    tells_its_end: bool,
    hint: Hint,
}

impl Drop for ScriptedBody {
    fn drop(&mut self) {
        self.seen.borrow_mut().events.push(Event::BodyDropped);
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        assert_current(&self.seen);
        let step = self.steps.pop();
        let over = self.is_end_stream();
        let seen = Rc::clone(&self.seen);
        let mut seen = seen.borrow_mut();
        let frame = match step {
            None => {
                seen.events.push(Event::Ended);
                return Poll::Ready(None);
            }
            Some(Step::Pending) => return Poll::Pending,
            Some(Step::Panic) => {
                seen.events.push(Event::Panicked);
                drop(seen);
                deliberate_panic();
            }
            Some(Step::Fail) => {
                seen.events.push(Event::BodyFailed);
                self.steps.clear();
                return Poll::Ready(Some(Err(Failure)));
            }
            Some(Step::Data(bytes)) => {
                static DATA: [u8; 255] = [b'.'; 255];
                seen.frames.push(Some(bytes.into()));
                seen.events.push(Event::Sent(bytes.into()));
                Frame::data(Bytes::from_static(&DATA[..usize::from(bytes)]))
            }
            Some(Step::Trailers) => {
                seen.frames.push(None);
                seen.events.push(Event::Trailers);
                Frame::trailers(HeaderMap::new())
            }
        };
        if over {
            seen.events.push(Event::EndedWithFrame);
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.tells_its_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.hint {
            Hint::Absent => SizeHint::new(),
            Hint::Right => SizeHint::with_exact(self.steps.iter().map(Step::bytes).sum()),
            Hint::Other(bytes) => SizeHint::with_exact(bytes.into()),
        }
    }
}
