#!/bin/sh
# The demo's world; configs/demo.sh runs it inside configs/isolate.sh.
#
#   a-client -- a-wan [tenant-a] a-lan -- a-router -- a-server      (the same for tenant b)
#
# sluiced holds a-wan and a-lan; their twins wan0 and lan0 are in the namespace tenant-a, where FRR
# runs. Everything but the worker stays on CPU 0.
set -eu
: "${ROOT:?}" "${SECONDS_OF_TRAFFIC:?}"
export PATH="$ROOT/build/bin:/usr/lib/frr:/usr/sbin:/sbin:$PATH"
here=$ROOT/configs/demo
logs=/run/log
mkdir -p "$logs" /run/sluice /run/frr
cpus=$(taskset -cp $$ | sed 's/.*: //')
taskset -cp 0 $$ >/dev/null
renice -n -10 -p $$ >/dev/null # other work on this machine should not decide who gets what

fail() {
	echo "demo: $*" >&2
	exit 1
}

namespace() { # NAME FORWARDING
	ip netns add "$1"
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward="$2"
	ip -n "$1" link set lo up
}

# cable NAMESPACE DEVICE ADDRESS PEER [PEER_NAMESPACE PEER_ADDRESS]. The NIC tricks of a veth are
# switched off: DPDK would see checksums that nobody filled in and frames larger than the MTU.
cable() {
	ip link add "$4" type veth peer name "$2" netns "$1"
	end "$1" "$2" "$3"
	if [ $# -gt 4 ]; then
		ip link set "$4" netns "$5"
		end "$5" "$4" "$6"
	else
		ip link set "$4" up
	fi
}

end() { # NAMESPACE DEVICE ADDRESS
	ip netns exec "$1" ethtool -K "$2" tx off rx off tso off gso off gro off >/dev/null
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$1" link set "$2" up
}

frr() { # NAMESPACE OSPFD_CONF
	dir=/run/frr/$1
	mkdir "$dir"
	cp "$ROOT/configs/frr/zebra.conf" "$dir/zebra.conf"
	cp "$ROOT/configs/frr/$2" "$dir/ospfd.conf"
	chown -R frr:frr "$dir"
	for daemon in zebra ospfd; do
		ip netns exec "$1" $daemon -d -N "$1" -P 0 -f "$dir/$daemon.conf" \
			--log "file:$dir/$daemon.log" >"$logs/$1-$daemon.log" 2>&1 ||
			fail "$daemon of $1 does not start: $(tail -n 1 "$logs/$1-$daemon.log")"
	done
}

tenant() { # LETTER NUMBER
	for host in client server; do namespace "$1-$host" 0; done
	for router in "tenant-$1" "$1-router"; do namespace "$router" 1; done
	cable "$1-client" eth0 "10.$2.0.2/24" "$1-wan"
	cable "$1-router" uplink "10.$2.1.2/24" "$1-lan"
	cable "$1-server" eth0 "10.$2.2.2/24" server "$1-router" "10.$2.2.1/24"
	ip -n "$1-client" route add default via "10.$2.0.1"
	ip -n "$1-server" route add default via "10.$2.2.1"
}

# wait_for SECONDS WHAT COMMAND...
wait_for() {
	deadline=$(($(date +%s) + $1))
	what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$deadline" ] || fail "gave up waiting for $what; logs: $logs"
		kill -0 "$sluiced" 2>/dev/null || fail "sluiced ended: $(tail -n 3 "$logs/sluiced.log")"
		sleep 0.1
	done
}

# route_learned LETTER NUMBER: the data path of the tenant knows the server's network.
# shellcheck disable=SC2317 # called by wait_for
route_learned() {
	sluice show routes "tenant-$1" | grep -qF "10.$2.2.0/24"
}

for scope in all default; do echo 1 >/proc/sys/net/ipv6/conf/$scope/disable_ipv6; done
echo "two tenants, each: client - virtual router - OSPF router - server"
tenant a 1
tenant b 2

echo "starting sluiced with configs/demo.cfg"
taskset -c "$cpus" sluiced -c "$ROOT/configs/demo.cfg" >"$logs/sluiced.log" 2>&1 &
sluiced=$!
wait_for 30 "sluiced" sluice version
for letter in a b; do
	number=$(($(printf '%d' "'$letter") - 96))
	wait_for 10 "the twins of tenant-$letter" ip -n "tenant-$letter" link show lan0
	ip -n "tenant-$letter" addr add "10.$number.0.1/24" dev wan0
	ip -n "tenant-$letter" addr add "10.$number.1.1/24" dev lan0
	frr "tenant-$letter" ospfd.conf
	frr "$letter-router" ospfd-neighbour.conf
done

echo "waiting for OSPF"
wait_for 30 "the OSPF route of tenant a" route_learned a 1
wait_for 30 "the OSPF route of tenant b" route_learned b 2

status=0
/usr/bin/python3 "$here/traffic.py" --seconds "$SECONDS_OF_TRAFFIC" || status=$?

if [ -n "${KEEP:-}" ]; then
	cat <<-MESSAGE

		Everything is still up. Some things to try (also from another terminal: configs/demo.sh --enter):
		  sluice show routers        sluice show counters tenant-a     sluice show latency
		  ip netns exec a-client ping 10.1.2.2
		  ip netns exec a-server iperf3 -s -D; ip netns exec a-client iperf3 -c 10.1.2.2
		  vtysh --vty_socket /run/frr/tenant-a -c 'show ip route'
		  ip netns exec tenant-a tcpdump -ni lan0      (what reaches the tenant's kernel)
		  ip -n tenant-a link set lan0 down            (and see the routes go)
		Leave this shell with exit to end the demo.
	MESSAGE
	if [ -t 0 ]; then
		"${SHELL:-/bin/sh}" || true
	else
		wait "$sluiced" || true
	fi
fi
kill -TERM "$sluiced" 2>/dev/null || fail "sluiced ended by itself: $(tail -n 3 "$logs/sluiced.log")"
wait "$sluiced" || fail "sluiced ended badly: $(tail -n 3 "$logs/sluiced.log")"
exit "$status"
