//! What is said about streams and their sources, and how they go together.

use super::*;

/// RFC 3605 §2.1, its three examples.
#[test]
fn where_rtcp_goes() {
    let rtp = [192, 0, 2, 1].into();
    let port = same::<RtcpAddress<'_>>("53020");
    assert_eq!(port.beside(rtp), Some(([192, 0, 2, 1], 53020).into()));
    let other = same::<RtcpAddress<'_>>("53020 IN IP4 126.16.64.4");
    assert_eq!(other.beside(rtp), Some(([126, 16, 64, 4], 53020).into()));
    let six = same::<RtcpAddress<'_>>("53020 IN IP6 2001:2345:6789:ABCD:EF01:2345:6789:ABCD");
    assert!(six.beside(rtp).is_some_and(|address| address.is_ipv6()));
    let name = same::<RtcpAddress<'_>>("53020 IN IP4 host.example.com");
    assert_eq!(name.beside(rtp), None, "not the address of RTP");
    refused::<RtcpAddress<'_>>(&[
        "",
        "0",
        "x",
        "65536",
        "+1",
        "1 IN",
        "1 IN IP4",
        "1 IN IP4 h x",
    ]);
}

/// RFC 4585 §4.2 and §4.4, RFC 5104 §7.1 and §7.3: the lines of their examples.
#[test]
fn kinds_of_feedback() {
    use Feedback::*;
    let of = |format| {
        move |feedback| RtcpFeedback {
            format: Some(format),
            feedback,
        }
    };
    let (any, h263) = (
        |feedback| RtcpFeedback {
            format: None,
            feedback,
        },
        of("98"),
    );
    for (value, expected) in [
        ("96 nack", of("96")(Nack)),
        ("* nack", any(Nack)),
        ("98 nack rpsi", h263(ReferencePicture)),
        ("98 nack pli", h263(PictureLoss)),
        ("98 nack sli", h263(SliceLoss)),
        ("98 nack app x y", h263(OtherNack("app x y"))),
        ("98 ack rpsi", h263(Ack("rpsi"))),
        ("98 ack app foo", h263(Ack("app foo"))),
        ("* trr-int 100", any(MinimumInterval(100))),
        ("98 ccm tstr", h263(TemporalSpatialTradeOff)),
        ("98 ccm fir", h263(FullIntraRequest)),
        (
            "98 ccm tmmbr",
            h263(TemporaryMaximumBitRate {
                max_packet_rate: None,
            }),
        ),
        (
            "* ccm tmmbr smaxpr=120",
            any(TemporaryMaximumBitRate {
                max_packet_rate: Some(120),
            }),
        ),
        ("98 ccm vbcm 1 2", h263(VideoBackChannel("1 2"))),
        ("98 ccm vbcm", h263(VideoBackChannel(""))),
        ("98 ccm new thing", h263(OtherCodecControl("new thing"))),
        ("98 transport-cc", h263(Other("transport-cc", None))),
        ("98 goog remb x", h263(Other("goog", Some("remb x")))),
    ] {
        assert_eq!(same::<RtcpFeedback<'_>>(value), expected, "{value}");
    }
    assert!(any(Nack).is_about("98") && h263(Nack).is_about("98") && !h263(Nack).is_about("99"));
    refused::<RtcpFeedback<'_>>(&[
        "",
        "*",
        "* ",
        " nack",
        "98 ack",
        "98 nack (x)",
        "* trr-int",
        "* trr-int x",
        "* trr-int 1 2",
        "98 trr-int 100",
        "98 ccm",
        "98 ccm tmmbr rate=1",
        "98 ccm tmmbr smaxpr=1234567890123456",
        "98 ccm vbcm 123456789",
        "98 na/ck",
    ]);
}

/// RFC 8285 §5, its examples, and the numbers of §4.2, §4.3 and §7.
#[test]
fn header_extensions() {
    let time = same::<Extmap<'_>>("1 http://example.com/082005/ext.htm#ttime");
    assert_eq!((time.id, time.direction, time.attributes), (1, None, None));
    let meta = same::<Extmap<'_>>("2/sendrecv http://example.com/082005/ext.htm#xmeta short");
    assert_eq!(
        (meta.direction, meta.attributes),
        (Some(Direction::SendRecv), Some("short"))
    );
    for (id, in_range, one_byte) in [
        (1, true, true),
        (14, true, true),
        (15, true, false),
        (255, true, false),
        (256, true, false),
        (4096, false, false),
        (4351, false, false),
    ] {
        let text = format!("{id} urn:ietf:params:rtp-hdrext:toffset");
        let read = Extmap::parse(&text).unwrap();
        assert_eq!(
            (read.id, read.is_in_valid_range(), read.fits_one_byte_form()),
            (id, in_range, one_byte)
        );
    }
    refused::<Extmap<'_>>(&[
        "",
        "1",
        "1 ",
        "0 urn:x",
        "257 urn:x",
        "4095 urn:x",
        "4352 urn:x",
        "65537 urn:x",
        "1/both urn:x",
        "1/ urn:x",
        "x urn:x",
        "1 <urn:x>",
    ]);
}

/// RFC 5576 §9, its lines, and §6.2, §6.3.
#[test]
fn sources_of_a_stream() {
    let source = same::<SourceAttribute<'_>>("314159 cname:user@example.com");
    assert_eq!(
        (source.ssrc, source.cname()),
        (314_159, Some("user@example.com"))
    );
    assert_eq!(source.previous_ssrcs(), None);
    let before = same::<SourceAttribute<'_>>("67890 previous-ssrc:12345 4294967295");
    assert_eq!(before.previous_ssrcs(), Some([12_345, u32::MAX].into()));
    let fmtp = same::<SourceAttribute<'_>>("1 fmtp:96 a=b");
    assert_eq!(fmtp.typed::<Fmtp<'_>>().unwrap().parameters, "a=b");
    assert!(fmtp.typed::<Ptime>().is_none());
    assert_eq!(same::<SourceAttribute<'_>>("1 recvonly").value, None);
    let group = same::<SourceGroup<'_>>("FID 11111 22222");
    assert_eq!(
        (group.semantics, group.ssrcs),
        ("FID", [11_111, 22_222].into())
    );
    assert_eq!(same::<SourceGroup<'_>>("FEC").ssrcs, []);
    refused::<SourceAttribute<'_>>(&[
        "",
        "1",
        "1 ",
        "x cname:a",
        "4294967296 cname:a",
        "1 cname:",
        "1 :a",
        "1 a b",
    ]);
    refused::<SourceGroup<'_>>(&["", "FID x", "FID  1", "F:D 1", "FID 4294967296"]);
}

/// RFC 5888 §7 and §8, RFC 9143 §7: the attributes of their examples.
#[test]
fn groups_of_streams() {
    let lips = same::<Group<'_>>("LS 1 2");
    assert_eq!(lips.semantics, Semantics::LipSynchronization);
    assert_eq!(lips.mids, ["1", "2"]);
    assert_eq!(
        same::<Group<'_>>("FID 1 2").semantics,
        Semantics::FlowIdentification
    );
    assert_eq!(
        same::<Group<'_>>("BUNDLE foo bar").semantics,
        Semantics::Bundle
    );
    assert_eq!(same::<Group<'_>>("ls 1").semantics, Semantics::Other("ls"));
    assert!(same::<Group<'_>>("BUNDLE").mids.is_empty());
    assert_eq!(same::<Mid<'_>>("foo").0, "foo");
    refused::<Mid<'_>>(&["", "a b", "a:b"]);
    refused::<Group<'_>>(&["", " LS", "LS  1", "LS a:b"]);
}

/// RFC 4574 §4.
#[test]
fn labels() {
    assert_eq!(same::<Label<'_>>("1").0, "1");
    refused::<Label<'_>>(&["", "a b", "<a>"]);
}

/// The names of RFC 5761, RFC 5506, RFC 9143 and RFC 8285.
#[test]
fn properties() {
    for property in Property::ALL {
        let text = description(&format!("m=audio 5000 RTP/AVP 0\na={}", property.as_str()));
        let session = SessionDescription::parse(text.as_bytes()).unwrap();
        assert_eq!(session.media[0].attributes, [property.to_attribute()]);
        for other in Property::ALL {
            assert_eq!(session.media[0].has(other), other == property);
        }
    }
}

/// RFC 3312 §4 and §5.1.1.
#[test]
fn preconditions() {
    let current = same::<CurrentStatus<'_>>("qos e2e send");
    let parts = (current.precondition, current.status, current.direction);
    assert_eq!(
        parts,
        ("qos", StatusType::EndToEnd, PreconditionDirection::Send)
    );
    for value in [
        "qos local sendrecv",
        "qos remote none",
        "qos e2e none",
        "sec e2e recv",
    ] {
        same::<CurrentStatus<'_>>(value);
        same::<ConfirmStatus<'_>>(value);
    }
    let desired = same::<DesiredStatus<'_>>("qos mandatory remote sendrecv");
    assert_eq!(desired.strength, Strength::Mandatory);
    assert_eq!(desired.status, StatusType::Remote);
    for strength in ["none", "optional", "failure", "unknown"] {
        same::<DesiredStatus<'_>>(&format!("qos {strength} local recv"));
    }
    assert!(Strength::Mandatory > Strength::Optional && Strength::Optional > Strength::NotWanted);
    let wrong = [
        "",
        "qos",
        "qos e2e",
        "qos e2e both",
        "qos far send",
        "qos e2e send x",
        " e2e send",
    ];
    refused::<CurrentStatus<'_>>(&wrong);
    refused::<ConfirmStatus<'_>>(&wrong);
    refused::<DesiredStatus<'_>>(&[
        "",
        "qos e2e send",
        "qos must e2e send",
        "qos none e2e send x",
    ]);
}

/// RFC 4975 §8.7, and the entries of §8.6.
#[test]
fn message_sessions() {
    let alice = same::<MsrpPath<'_>>("msrp://alice.example.com:7394/2s93i93idj;tcp");
    assert_eq!(alice.0.len(), 1);
    let two = "msrps://relay.example.com:9000/a+b=/;tcp;x;y=z msrp://b.example.com:8493/s;tcp";
    assert_eq!(same::<MsrpPath<'_>>(two).0.len(), 2);
    let types = same::<AcceptTypes<'_>>("message/cpim text/plain text/html");
    assert_eq!(types.0, ["message/cpim", "text/plain", "text/html"]);
    same::<AcceptTypes<'_>>("*");
    same::<AcceptWrappedTypes<'_>>("text/* text/plain;charset=utf-8;x=\"y\"");
    assert_eq!(same::<MaxSize>("65536").0, 65_536);
    refused::<MaxSize>(&["", "-1", "1k"]);
    refused::<AcceptTypes<'_>>(&[
        "",
        "text",
        "text/",
        "text/plain;",
        "text/plain;x",
        "*;x=y",
        "a/b  c/d",
    ]);
    refused::<MsrpPath<'_>>(&[
        "",
        "sip:a@b",
        "msrp:a;tcp",
        "msrp://a",
        "msrp://a/;tcp",
        "msrp:///s;tcp",
        "msrp://a/s;",
        "msrp://a/s;t-p",
        "msrp://a/s;tcp;x=",
        "msrp://a/s;tcp  msrp://b/s;tcp",
    ]);
}

/// RFC 3611 §5.1: every parameter, with and without what may belong to it.
#[test]
fn extended_reports() {
    let all = same::<ExtendedReports<'_>>(
        "pkt-loss-rle=64 pkt-dup-rle pkt-rcpt-times=100 rcvr-rtt=all:40 rcvr-rtt=sender \
         stat-summary=loss,dup,jitt,TTL stat-summary=HL stat-summary voip-metrics grp-sync",
    );
    let flags = [
        StatFlag::Loss,
        StatFlag::Duplicates,
        StatFlag::Jitter,
        StatFlag::TimeToLive,
    ];
    let rtt = |senders_only, max_size| XrFormat::ReceiverRtt {
        senders_only,
        max_size,
    };
    assert_eq!(
        all.0,
        [
            XrFormat::LossRle(Some(64)),
            XrFormat::DuplicateRle(None),
            XrFormat::ReceiptTimes(Some(100)),
            rtt(false, Some(40)),
            rtt(true, None),
            XrFormat::StatisticsSummary(flags.into()),
            XrFormat::StatisticsSummary([StatFlag::HopLimit].into()),
            XrFormat::StatisticsSummary([].into()),
            XrFormat::VoipMetrics,
            XrFormat::Other("grp-sync"),
        ]
    );
    assert!(same::<ExtendedReports<'_>>("").0.is_empty());
    refused::<ExtendedReports<'_>>(&[
        "pkt-loss-rle=",
        "pkt-dup-rle=x",
        "pkt-rcpt-times=-1",
        "rcvr-rtt",
        "rcvr-rtt=some",
        "rcvr-rtt=all:",
        "stat-summary=",
        "stat-summary=ttl",
        "stat-summary=loss,",
        "stat-summary=TTL,HL",
        "voip-metrics=1",
        "voip-metrics  x",
    ]);
}
