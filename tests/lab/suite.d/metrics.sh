# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Metrics of the LNS beside what others see: the kernel's own counters (debugfs), the packets on the wire, pppd.
modprobe l2tp_debugfs
grep -q ' /sys/kernel/debug ' /proc/mounts || mount -t debugfs none /sys/kernel/debug
lab
lns_config
sed -i '1i metrics-listen = "127.0.0.1:9701"' "$tmp/lns.conf"
lac_config
start lns
expect 30 lns 'is ready'

# scrape: into $tmp/page
scrape() { in_ns lns wget -q -O "$tmp/page" http://127.0.0.1:9701/metrics; }
# metric NAME VALUE: it has it, now
metric() { scrape && grep -qxF "$1 $2" "$tmp/page"; }
is() { wait_for 20 metric "$1" "$2" || fail "$1 is not $2 but $(grep -F "$1 " "$tmp/page")"; }
# data WHAT: of the profile
data() { sed -n "s/^l2tpd_data_$1_total{profile=\"isp\"} //p" "$tmp/page"; }
all_data() { # of transmit, then of receive: packets/bytes/errors
	for _way in transmit receive; do
		printf '%s/%s/%s ' "$(data ${_way}_packets)" "$(data ${_way}_bytes)" "$(data ${_way}_errors)"
	done
}
# kernel_data: what the kernel has counted for the tunnel, in the same form; its line is " 00000000 rx SENT rx RECEIVED"
kernel_data() {
	in_ns lns cat /sys/kernel/debug/l2tp/tunnels | awk '$1 == "00000000" && NF == 5 { print $3, $5, "" }'
}
same_data() { scrape && [ "$(all_data)" = "$(kernel_data)" ]; }

is 'l2tpd_build_info{version="'"$("$build/daemon/l2tpd" --version | cut -d ' ' -f 2)"'",dataplane="kernel"}' 1
is 'l2tpd_data_receive_packets_total{profile="isp"}' 0
capture lac "$tmp/wire.pcap" lns
start lac
ppp_works 1462
is 'l2tpd_ppp_up{profile="isp"}' 1
is 'l2tpd_ppp_setup_seconds_count{profile="isp"}' 1
is 'l2tpd_pppd_starts_total{profile="isp"}' 1
wait_for 20 same_data || fail "the kernel has counted $(kernel_data), the daemon tells $(all_data)"
before=$(data receive_bytes)
in_ns lac /bin/ping -q -c 40 -i 0.02 -s 1000 10.64.0.1
wait_for 20 same_data || fail "the kernel has counted $(kernel_data), the daemon tells $(all_data)"
say "kernel and daemon: $(all_data)"
# 1028 octets of IP, L2TP's 6 and PPP's 4
[ $(($(data receive_bytes) - before)) -ge $((40 * 1038)) ] || fail "40 pings have made $before $(data receive_bytes)"

# Nothing is lost at the end: what the wire has seen is what is told, of a tunnel that has gone
stop lac
wait_for 20 holds lns 0 0
is 'l2tpd_ppp_up{profile="isp"}' 0
is 'l2tpd_sessions{profile="isp",state="established"}' 0
capture_stop
# wire FROM: packets of data
wire() {
	tcpdump -n -r "$tmp/wire.pcap" "src host $1 and udp port 1701 and udp[8] & 0x80 = 0" 2>/dev/null | wc -l
}
is 'l2tpd_data_receive_packets_total{profile="isp"}' "$(wire 192.0.2.1)"
is 'l2tpd_data_transmit_packets_total{profile="isp"}' "$(wire 192.0.2.2)"
say "wire and daemon: $(all_data)"
exits=$(sed -n 's/^l2tpd_pppd_exits_total{.*} //p' "$tmp/page" | awk '{ n += $1 } END { print n }')
[ "$exits" = 1 ] || fail "$exits pppd have ended"
is 'l2tpd_tunnels_closed_total{origin="peer",result="being shut down"}' 1
rm "$tmp/wire.pcap"
stop lns
