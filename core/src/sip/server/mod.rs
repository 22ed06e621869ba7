//! A registrar and a proxy as one transaction user.
