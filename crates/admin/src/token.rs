//! The record: a token, which confirms the address of a user once, within a day.

use backends::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Problem, User};

/// A token as it is stored. It has no `Debug`, so that no log shows the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The key: 32 hexadecimal digits. It is a secret, so it is random, and no id of the library, which can be guessed.
    pub token: String,
    /// The address that it confirms.
    pub email: String,
    /// When its user was registered. Who registers the address after that user is gone, is somebody else.
    pub registered: Timestamp,
    /// Its end, given by the library: a day after it was written.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Counted by the library. A batch that expects it to be there says so by it.
    #[serde(default)]
    pub version: u64,
}

impl Token {
    /// A new one for a user that is being registered.
    ///
    /// # Errors
    /// 500, if this machine has no random numbers.
    pub(crate) fn of(user: &User) -> Result<Self, Problem> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)?;
        let token = format!("{:032x}", u128::from_be_bytes(secret));
        Ok(Self { token, email: user.email.clone(), registered: user.created, expires: None, version: 0 })
    }

    /// Whether it confirms the address of this user.
    pub(crate) fn is_of(&self, user: &User) -> bool {
        self.email == user.email && self.registered == user.created
    }
}

/// What a client is told of a token.
#[derive(Serialize)]
pub(crate) struct Confirmation {
    token: String,
    expires: Option<Timestamp>,
}

impl From<Token> for Confirmation {
    fn from(Token { token, expires, .. }: Token) -> Self {
        Self { token, expires }
    }
}

/// What a client says to confirm an address. In a body, since addresses of requests are logged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Used {
    pub(crate) token: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn a_token_is_long_and_never_the_same() {
        let user = User {
            id: String::new(),
            email: "ada@example.org".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Member,
            active: false,
            created: Timestamp::now(),
            version: 0,
        };
        let tokens = [(); 2].map(|()| Token::of(&user).unwrap());
        assert!(tokens.iter().all(|token| token.token.len() == 32 && token.is_of(&user)));
        assert_ne!(tokens[0].token, tokens[1].token);
        let later = user.created.saturating_add(std::time::Duration::from_millis(1));
        assert!(!tokens[0].is_of(&User { created: later, ..user }));
    }
}
