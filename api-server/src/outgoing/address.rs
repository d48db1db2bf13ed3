//! What kind of address an IP address is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Who can be behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody in the internet.
    Public,
    /// Somebody in a network of the operator.
    Private,
    /// This machine, the machine below it, everybody, or nobody.
    Special,
}

/// The address in its one form: an IPv4 address inside an IPv6 address is that IPv4 address (D3).
pub(super) fn unwrapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => inner_v4(v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// Mapped and compatible addresses, those of NAT64, and 6to4.
fn inner_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = v6.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(v4(high, low)),
        // `::` and `::1` are themselves.
        (0, 0, 0, 0, 0, 0) if high != 0 || low > 1 => Some(v4(high, low)),
        (0x2002, ..) => Some(v4(b, c)),
        _ => None,
    }
}

/// Judges an address by its number alone.
pub(super) fn kind_of(address: IpAddr) -> Kind {
    match unwrapped(address) {
        IpAddr::V4(v4) => kind_of_v4(v4),
        IpAddr::V6(v6) => kind_of_v6(v6),
    }
}

fn kind_of_v4(v4: Ipv4Addr) -> Kind {
    let [a, b, c, _] = v4.octets();
    match (a, b, c) {
        // This network, loopback, link-local, multicast and what is above.
        (0 | 127, ..) | (169, 254, _) | (224.., ..) => Kind::Special,
        // RFC 1918, carriers' networks, protocol assignments, benchmarks.
        (10, ..) | (192, 168, _) | (192, 0, 0) => Kind::Private,
        (172, 16..=31, _) | (100, 64..=127, _) | (198, 18 | 19, _) => Kind::Private,
        _ => Kind::Public,
    }
}

fn kind_of_v6(v6: Ipv6Addr) -> Kind {
    let [a, b, ..] = v6.segments();
    match (a, b) {
        _ if v6.is_unspecified() || v6.is_loopback() => Kind::Special,
        // Link-local and multicast; Teredo, which leads to any IPv4 address.
        (0xfe80..=0xfebf | 0xff00.., _) | (0x2001, 0) => Kind::Special,
        // Unique local, the old site-local, and the local form of NAT64.
        (0xfc00..=0xfdff | 0xfec0..=0xfeff, _) | (0x64, 0xff9b) => Kind::Private,
        _ => Kind::Public,
    }
}

/// Is it an address of this machine? The kernel is asked which address it would speak from: to itself it speaks from
/// the very address. Nothing is sent.
pub(super) fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let source = UdpSocket::bind(SocketAddr::new(any, 0)).and_then(|socket| {
        socket.connect(SocketAddr::new(address, 9))?;
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_kind_of_their_network() {
        let table = [
            (
                Kind::Public,
                "8.8.8.8 172.15.0.1 172.32.0.1 100.128.0.1 223.255.255.255 2001:4860:4860::8888 2002:808:808::",
            ),
            (Kind::Private, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 198.18.0.1 192.0.0.8"),
            (Kind::Private, "fc00::1 fdff::1 fec0::1 ::ffff:10.0.0.1 64:ff9b::10.0.0.1 2002:a00:1:: ::10.0.0.1"),
            (Kind::Special, "0.0.0.0 127.0.0.1 127.255.0.1 169.254.169.254 224.0.0.1 240.0.0.1 255.255.255.255"),
            (Kind::Special, ":: ::1 fe80::1 febf::1 ff02::1 2001::1 ::ffff:127.0.0.1 64:ff9b::169.254.169.254"),
            (Kind::Special, "2002:7f00:1:: ::127.0.0.1 ::ffff:0:0"),
        ];
        for (kind, addresses) in table {
            for address in addresses.split(' ') {
                assert_eq!(kind_of(address.parse().unwrap()), kind, "{address}");
            }
        }
    }

    #[test]
    fn this_machine_knows_its_own_addresses() {
        assert!(is_own("127.0.0.1".parse().unwrap()));
        assert!(!is_own("192.0.2.1".parse().unwrap()));
    }
}
