//! Attributes of session descriptions: one row for each type, with values made from a pattern.

use std::cell::OnceCell;
use std::fmt::{Debug, Display};

use offhook::sdp::attribute::{
    AcceptTypes, AcceptWrappedTypes, ActualConfiguration, AmrParameters, AttributeCapability, Cat,
    Charset, ConferenceType, ConfirmStatus, ConnectionReuse, Crypto, CurrentStatus, DesiredStatus,
    EventList, ExtendedReports, Extmap, Fingerprint, Fmtp, FormatParameters, FrameRate, Group,
    KeyManagement, Keywds, Label, Lang, MaxPacketRate, MaxPtime, MaxSize, Mid, MsrpPath,
    Orientation, PotentialConfiguration, Ptime, Quality, RedFormats, RequiredExtensions,
    RtcpAddress, RtcpFeedback, SdpLang, Setup, SourceAttribute, SourceGroup, SupportedExtensions,
    Tool, TransportCapability, TypedAttribute,
};
use offhook::sdp::{Attribute, RtpMap};

/// What a value becomes when it is written, kept as long as what is read from it again.
pub type Room = OnceCell<String>;

/// Reads a value, writes it, reads that, and panics unless both are the same. Whether there was a
/// value to be read.
pub type Check = for<'a> fn(&'a str, &'a Room) -> bool;

/// One type of attribute, or of parameters in an `fmtp`.
#[derive(Clone, Copy)]
pub struct AttributeType {
    /// The name of the attribute; for parameters, that of their format.
    pub name: &'static str,
    /// A regular expression of values.
    pub pattern: &'static str,
    /// What is made of one.
    pub check: Check,
}

/// The part of a check that does not depend on how a type is read and written.
fn same<'a, T: PartialEq + Debug>(
    value: &'a str,
    room: &'a Room,
    read: impl Fn(&'a str) -> Option<T>,
    write: impl Fn(&T) -> String,
) -> bool {
    let Some(first) = read(value) else {
        return false;
    };
    let text = room.get_or_init(|| write(&first));
    let broken = |text: &str| text.contains(['\r', '\n', '\0']);
    assert!(!broken(text) || broken(value), "a line end in `{text}`");
    let again = read(text).unwrap_or_else(|| panic!("`{text}` cannot be read again: {first:?}"));
    assert_eq!(again, first, "`{text}`");
    assert_eq!(&write(&again), text, "changes when written again");
    true
}

fn comes_back<'a, T: TypedAttribute<'a> + PartialEq + Debug>(
    value: &'a str,
    room: &'a Room,
) -> bool {
    same(value, room, T::parse, T::to_text)
}

fn parameters<T: PartialEq + Debug + Display>(
    value: &str,
    room: &Room,
    read: impl Fn(&str) -> Option<T>,
) -> bool {
    same(value, room, read, T::to_string)
}

/// Holds an attribute to the rows of its name, and the parameters of an `fmtp` to all of those.
pub fn attribute(attribute: &Attribute<'_>) {
    let Some(value) = attribute.text() else {
        return;
    };
    for one in ATTRIBUTES.iter().filter(|one| one.name == attribute.name) {
        (one.check)(value, &Room::new());
    }
    if let Some(fmtp) = attribute.typed::<Fmtp<'_>>() {
        for one in PARAMETERS {
            (one.check)(fmtp.parameters, &Room::new());
        }
        let _ = fmtp.list().iter().count();
    }
}

const fn row(name: &'static str, pattern: &'static str, check: Check) -> AttributeType {
    AttributeType {
        name,
        pattern,
        check,
    }
}

/// Every type of attribute.
#[rustfmt::skip]
pub const ATTRIBUTES: &[AttributeType] = &[
    row("cat", "[!-~é]{1,9}", |text, room| comes_back::<Cat<'_>>(text, room)),
    row("keywds", "[ -~é]{1,9}", |text, room| comes_back::<Keywds<'_>>(text, room)),
    row("tool", "[ -~é]{1,9}", |text, room| comes_back::<Tool<'_>>(text, room)),
    row("type", "broadcast|meeting|moderated|test|H332", |text, room| comes_back::<ConferenceType>(text, room)),
    row("charset", "[!-~]{1,12}", |text, room| comes_back::<Charset<'_>>(text, room)),
    row("sdplang", "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,3}", |text, room| comes_back::<SdpLang<'_>>(text, room)),
    row("lang", "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,3}", |text, room| comes_back::<Lang<'_>>(text, room)),
    row("ptime", "[1-9][0-9]{0,3}(\\.[0-9]{1,12})?|0\\.0{0,8}[1-9]", |text, room| comes_back::<Ptime>(text, room)),
    row("maxptime", "[1-9][0-9]{0,3}(\\.[0-9]{1,12})?|0\\.0{0,8}[1-9]", |text, room| comes_back::<MaxPtime>(text, room)),
    row("maxprate", "[0-9]{1,6}(\\.[0-9]{1,12})?", |text, room| comes_back::<MaxPacketRate>(text, room)),
    row("framerate", "[1-9][0-9]{0,3}(\\.[0-9]{1,12})?|0\\.0{0,8}[1-9]", |text, room| comes_back::<FrameRate>(text, room)),
    row("quality", "[0-9]{1,9}", |text, room| comes_back::<Quality>(text, room)),
    row("orient", "portrait|landscape|seascape", |text, room| comes_back::<Orientation>(text, room)),
    row("label", "[-a-zA-Z0-9!#$%&'*+.^_`{|}~]{1,9}", |text, room| comes_back::<Label<'_>>(text, room)),
    row("rtpmap", "([0-9]|[1-9][0-9]|1[01][0-9]|12[0-7]) [-a-zA-Z0-9.]{1,9}/[1-9][0-9]{0,8}(/[1-9][0-9]?)?", |text, room| comes_back::<RtpMap<'_>>(text, room)),
    row("fmtp", "[a-z0-9*]{1,5} [!-~][ -~é]{0,20}[!-~]", |text, room| comes_back::<Fmtp<'_>>(text, room)),
    row("rtcp", "[1-9][0-9]{0,3}( IN (IP4 (192\\.0\\.2\\.[1-9]|[a-z.]{4,9})|IP6 2001:db8::[1-9a-f]))?", |text, room| comes_back::<RtcpAddress<'_>>(text, room)),
    row("rtcp-fb", "(\\*|[0-9]{1,3}) (nack( (pli|sli|rpsi|app|[a-z]{1,4}( [!-~]{1,5})?))?|ack (rpsi|app( [ -~]{0,4}[!-~])?)|ccm (fir|tstr|tmmbr( smaxpr=[0-9]{1,15})?|vbcm( [0-9]{1,8}){0,3}|[a-z]{6}( [!-~]{1,4})?)|[a-zA-Z_-]{5}( [a-z]{1,3})?)|\\* trr-int [0-9]{1,9}", |text, room| comes_back::<RtcpFeedback<'_>>(text, room)),
    row("rtcp-xr", "(pkt-(loss-rle|dup-rle|rcpt-times)(=[0-9]{1,9})?|rcvr-rtt=(all|sender)(:[0-9]{1,9})?|stat-summary(=(HL|(loss|dup|jitt|TTL)(,(loss|jitt)){0,3}))?|voip-metrics|x[!-<>-~]{1,5})( (voip-metrics|stat-summary|x[!-~]{0,4})){0,3}", |text, room| comes_back::<ExtendedReports<'_>>(text, room)),
    row("extmap", "([1-9][0-9]?|1[0-9][0-9]|25[0-6]|4[12][0-9][0-9])(/(sendonly|recvonly|sendrecv|inactive))? urn:[a-z:]{1,9}( [ -~]{0,9}[!-~])?", |text, room| comes_back::<Extmap<'_>>(text, room)),
    row("ssrc", "[1-9][0-9]{0,8} (cname:[!-~]{1,9}|previous-ssrc:[1-9]{1,9}( [1-9]{1,9}){0,2}|fmtp:[0-9]{1,2} [!-~]{1,9}|[a-z]{1,9})", |text, room| comes_back::<SourceAttribute<'_>>(text, room)),
    row("ssrc-group", "(FID|FEC|[-a-zA-Z0-9]{1,9})( [1-9][0-9]{0,8}){0,4}", |text, room| comes_back::<SourceGroup<'_>>(text, room)),
    row("mid", "[-a-zA-Z0-9!#$%&'*+.^_`{|}~]{1,9}", |text, room| comes_back::<Mid<'_>>(text, room)),
    row("group", "(LS|FID|BUNDLE|[-a-zA-Z0-9]{1,9})( [-a-zA-Z0-9!#$%&'*+.^_`{|}~]{1,9}){0,4}", |text, room| comes_back::<Group<'_>>(text, room)),
    row("setup", "active|passive|actpass|holdconn", |text, room| comes_back::<Setup>(text, room)),
    row("connection", "new|existing", |text, room| comes_back::<ConnectionReuse>(text, room)),
    row("fingerprint", " ?(((sha|SHA)-1 [0-9A-F]{2}(:[0-9A-F]{2}){19})|((MD|md)5 [0-9a-f]{2}(:[0-9a-f]{2}){15})|(x[a-z]{1,3} [0-9A-F]{2}(:[0-9A-F]{2}){0,3}))", |text, room| comes_back::<Fingerprint<'_>>(text, room)),
    row("crypto", "[0-9]{1,9} {1,2}((AES_CM_128_HMAC_SHA1_(80|32)|F8_128_HMAC_SHA1_80) inline:[a-zA-Z0-9+/]{40}(\\|2\\^[1-4][0-8]|\\|[1-9][0-9]{0,9})?(\\|[1-9][0-9]{0,20}:[1-9])?|X[A-Z_]{1,5} inline:[a-zA-Z0-9+/]{4}\\|1:4;inline:[a-zA-Z0-9+/]{8}\\|2:4)( KDR=1[0-9]| UNENCRYPTED_SRTC?P| UNAUTHENTICATED_SRTP| FEC_ORDER=(FEC_SRTP|SRTP_FEC)| WSH=[1-9][0-9]{2,5}| -[!-,.-~][!-~]{0,5}){0,3}", |text, room| comes_back::<Crypto<'_>>(text, room)),
    row("key-mgmt", " ?[a-z0-9-]{1,6} ([a-zA-Z0-9+/]{4}){1,5}([a-zA-Z0-9+/]{2}==|[a-zA-Z0-9+/]{3}=)?", |text, room| comes_back::<KeyManagement<'_>>(text, room)),
    row("curr", "(qos|sec|[a-z]{1,5}) (e2e|local|remote) (none|send|recv|sendrecv)", |text, room| comes_back::<CurrentStatus<'_>>(text, room)),
    row("des", "(qos|sec|[a-z]{1,5}) (mandatory|optional|none|failure|unknown) (e2e|local|remote) (none|send|recv|sendrecv)", |text, room| comes_back::<DesiredStatus<'_>>(text, room)),
    row("conf", "(qos|sec|[a-z]{1,5}) (e2e|local|remote) (none|send|recv|sendrecv)", |text, room| comes_back::<ConfirmStatus<'_>>(text, room)),
    row("accept-types", "(\\*|[a-z-]{1,5}/([a-z+]{1,5}|\\*)(;[a-z]{1,3}=([a-z0-9]{1,3}|\"[a-z0-9]{0,3}\")){0,2})( (\\*|[a-z]{1,5}/[a-z]{1,5})){0,3}", |text, room| comes_back::<AcceptTypes<'_>>(text, room)),
    row("accept-wrapped-types", "(\\*|[a-z-]{1,5}/([a-z+]{1,5}|\\*))( (\\*|[a-z]{1,5}/[a-z]{1,5})){0,3}", |text, room| comes_back::<AcceptWrappedTypes<'_>>(text, room)),
    row("max-size", "[0-9]{1,19}", |text, room| comes_back::<MaxSize>(text, room)),
    row("path", "msrps?://([a-z]{1,5}@)?[a-z.]{1,9}(:[1-9][0-9]{0,3})?(/[-a-z0-9._~+=/]{1,9})?;(tcp|ws)(;[a-z]{1,3}(=[a-z]{1,3})?){0,2}( msrp://[a-z]{1,9}:[1-9]/s;tcp){0,3}", |text, room| comes_back::<MsrpPath<'_>>(text, room)),
    row("csup", "[-a-z0-9]{1,6}(,[-a-z0-9]{1,6}){0,3}", |text, room| comes_back::<SupportedExtensions<'_>>(text, room)),
    row("creq", "[-a-z0-9]{1,6}(,[-a-z0-9]{1,6}){0,3}", |text, room| comes_back::<RequiredExtensions<'_>>(text, room)),
    row("acap", "[1-9][0-9]{0,8} {1,2}x[a-z0-9-]{1,6}(:[ -~é]{1,12})?", |text, room| comes_back::<AttributeCapability<'_>>(text, room)),
    row("tcap", "[1-9][0-9]{0,8}( {1,2}[A-Z]{1,4}(/[A-Z]{1,5}){0,2}){1,4}", |text, room| comes_back::<TransportCapability<'_>>(text, room)),
    row("pcfg", "[1-9][0-9]{0,8}( t=[1-9](\\|[1-9]){0,2}| a=(-ms?|-s)| a=((-ms?|-s):)?([1-9](,[1-9]){0,2}(,\\[[1-9](,[1-9])?\\])?|\\[[1-9]\\])(\\|[1-9]){0,2}| \\+?x[a-z0-9]{0,3}=[!-~]{1,6}){0,3}", |text, room| comes_back::<PotentialConfiguration<'_>>(text, room)),
    row("acfg", "[1-9][0-9]{0,8}( t=[1-9]| a=((-ms?|-s):)?([1-9](,[1-9]){0,2}(,\\[[1-9](,[1-9])?\\])?|\\[[1-9]\\])| x[a-z0-9]{0,3}=[!-~]{1,6}){0,3}", |text, room| comes_back::<ActualConfiguration<'_>>(text, room)),
];

/// What an `fmtp` may hold.
#[rustfmt::skip]
pub const PARAMETERS: &[AttributeType] = &[
    row("telephone-event", "(events=)?(([0-9]|[1-9][0-9]|1[0-9][0-9])|[0-9]-[1-9][0-9])(,(([0-9]|[1-9][0-9]|2[0-4][0-9])|[0-9]-[1-9][0-9])){0,4}",
        |text, room| parameters(text, room, EventList::parse)),
    row("red", "([0-9]|[1-9][0-9]|1[01][0-9])(/([0-9]|[1-9][0-9]|12[0-7])){0,4}",
        |text, room| parameters(text, room, RedFormats::parse)),
    row("AMR", "(octet-align=[01]; ?)?(mode-set=[0-7](,[0-7]){0,4}; ?)?(mode-change-period=[12];)?(Mode-Change-Capability=[12];)?(mode-change-neighbor=[01];)?(crc(=[01])?;)?(robust-sorting=[01];)?(interleaving=[1-9][0-9]?;)?(max-red=[0-9]{1,4};?)?",
        |text, room| parameters(text, room, |text| AmrParameters::parse(FormatParameters(text), false))),
    row("AMR-WB", "(mode-set=[0-8](,[0-8]){0,4})?(;max-red=[0-9]{1,4})?",
        |text, room| parameters(text, room, |text| AmrParameters::parse(FormatParameters(text), true))),
];
