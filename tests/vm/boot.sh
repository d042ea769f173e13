#!/bin/bash
# Boots the emulated machine once and waits for its end.
#
#   tests/vm/boot.sh MACHINE RESULTS SECONDS COMMAND [ARGUMENT...]
#
#   MACHINE  sriov   two CPUs behind an IOMMU; PFs p0 and p1 (igb) on one cable, an e1000e and a
#                    virtio-net NIC on another, PF p2 with all of its group
#            numa    no IOMMU; PF p0 on another NUMA node than CPU 1
#   RESULTS  folder that the machine sees as /results; its console is in RESULTS/console
#   COMMAND  what runs in the machine, in /sluice; no argument has a comma or a space
#
# The exit status is that of the command, 124 after the time limit, 1 when the machine ends by itself.
set -eu
[ $# -ge 4 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
machine=$1 results=$2 seconds=$3
shift 3
directory=$(realpath "$(dirname "$0")/../../build/vm/machine")
mkdir -p "$results"
rm -f "$results/status"

kernel=("$directory"/kernel/boot/vmlinuz-*)
# Calibrating the TSC fails on a loaded machine: the guest's clock would run at any speed.
append="console=ttyS0 quiet panic=-1 clocksource=hpet tsc=unstable no_timer_check mitigations=off run=$(IFS=, && echo "$*")"
options=(-nodefaults -no-user-config -display none -no-reboot -cpu max -smp 2 -m 1536
	-serial "file:$results/console"
	-kernel "${kernel[0]}" -initrd "$directory/initramfs"
	-virtfs "local,path=$results,mount_tag=results,security_model=none")

# A NIC behind a port of its own, as on a server's board: nic MODEL NUMBER HUB [OPTION...]
nic() {
	local id=n$2
	options+=(-device "pcie-root-port,id=rp$2,bus=${bus:-pcie.0},chassis=$2,slot=$2${5:-}"
		-netdev "hubport,id=$id,hubid=$3"
		-device "$1,bus=rp$2,netdev=$id,mac=52:54:00:00:00:0$2${4:-}")
}

case $machine in
sriov)
	options+=(-machine 'q35,kernel-irqchip=split' -accel 'tcg,thread=multi'
		-device 'intel-iommu,intremap=on')
	append+=' intel_iommu=on iommu=pt hugepages=220'
	nic igb 1 0
	nic igb 2 0
	nic e1000e 3 1
	nic virtio-net-pci 4 1 ,iommu_platform=on,disable-legacy=on
	nic igb 5 2 '' ,disable-acs=on
	;;
numa)
	options+=(-machine 'q35' -accel 'tcg,thread=multi'
		-object 'memory-backend-ram,id=m0,size=768M'
		-object 'memory-backend-ram,id=m1,size=768M'
		-numa 'node,nodeid=0,memdev=m0,cpus=0' -numa 'node,nodeid=1,memdev=m1,cpus=1'
		-device 'pxb-pcie,id=far,bus_nr=64,numa_node=0,bus=pcie.0')
	bus=far nic igb 1 0
	;;
*)
	echo "boot.sh: no machine $machine" >&2
	exit 2
	;;
esac
status=0
timeout --kill-after=5 "$seconds" nice -n 5 qemu-system-x86_64 "${options[@]}" -append "$append" \
	</dev/null || status=$?
if [ -s "$results/status" ]; then
	status=$(<"$results/status")
elif [ $status -eq 0 ]; then
	echo "boot.sh: the machine ended before its command did" >&2
	status=1
fi
exit "$status"
