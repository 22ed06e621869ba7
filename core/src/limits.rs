//! Every bound of a machine in one place, and what happened to what exceeded one.

/// The bounds of a SIP endpoint. Each has a defined answer, named beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message; a longer one on a stream is answered 513 and the stream closed, a
    /// longer datagram is dropped.
    pub message_bytes: usize,
    /// Header field rows of one message; more is a parse error, answered 400.
    pub header_fields: usize,
    /// Bytes of a body; more is answered 413.
    pub body_bytes: usize,
    /// Parts of a multipart body, those within parts included; more is answered 413.
    pub body_parts: usize,
    /// How deep parts stand within parts; deeper is answered 413.
    pub body_depth: usize,
    /// Live server transactions; a new request beyond is answered 503 with Retry-After, without
    /// state.
    pub server_transactions: usize,
    /// Server transactions that one address may have; a new request beyond is answered as if there
    /// were no place at all.
    pub server_transactions_per_source: usize,
    /// Servers of which it is kept in mind that they want fewer requests (RFC 7339 §5.4); one more
    /// takes the place of the one whose wish ends first.
    pub overloaded_servers: usize,
    /// Live client transactions, and as many searches for a server; a command that needs one more
    /// is refused.
    pub client_transactions: usize,
    /// Open connections and bound sockets; one more is closed.
    pub flows: usize,
    /// Connections that one address may have open to us; one more is closed.
    pub connections_per_source: usize,
    /// Paths that are kept alive (RFC 5626 §4.4); one more is refused.
    pub keep_alives: usize,
    /// Calls of a user agent, ringing ones included; one more INVITE is answered 486.
    pub calls: usize,
    /// Subscriptions of a user agent; as many of its own, and as many of others, of which one more is
    /// answered 503.
    pub subscriptions: usize,
    /// Early dialogs of one INVITE; a further To tag is ignored until its 2xx.
    pub forks: usize,
    /// Bindings of one address-of-record; more is answered 403.
    pub bindings_per_aor: usize,
    /// Addresses-of-record that have bindings; more is answered 503.
    pub addresses_of_record: usize,
    /// Messages waiting to be sent; what comes on top replaces nothing and is dropped and counted.
    pub transmit_queue: usize,
    /// Seconds in the Retry-After of a 503.
    pub retry_after_secs: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 65_535,
            header_fields: 512,
            body_bytes: 65_535,
            body_parts: 64,
            body_depth: 8,
            server_transactions: 100_000,
            server_transactions_per_source: 50_000,
            overloaded_servers: 1000,
            client_transactions: 100_000,
            flows: 10_000,
            connections_per_source: 1000,
            keep_alives: 10_000,
            calls: 50_000,
            subscriptions: 100_000,
            forks: 12,
            bindings_per_aor: 16,
            addresses_of_record: 100_000,
            transmit_queue: 100_000,
            retry_after_secs: 5,
        }
    }
}

impl Limits {
    /// Bounds for a device with a few dozen kilobytes of memory and one call.
    #[must_use]
    pub fn small() -> Self {
        Self {
            message_bytes: 4096,
            header_fields: 64,
            body_bytes: 2048,
            body_parts: 8,
            body_depth: 3,
            server_transactions: 8,
            server_transactions_per_source: 8,
            overloaded_servers: 2,
            client_transactions: 8,
            flows: 4,
            connections_per_source: 2,
            keep_alives: 2,
            calls: 2,
            subscriptions: 4,
            forks: 4,
            bindings_per_aor: 4,
            addresses_of_record: 8,
            transmit_queue: 16,
            retry_after_secs: 5,
        }
    }
}
