#include "control/vf/ctl_vf_check.h"

#include <string.h>

#define BIT(setting) (1U << (setting))

/* @return whether there is a PF that can have this VF */
static bool check_pf(const struct ctl_vf_port *port, struct ctl_errors *errors)
{
	const struct ctl_vf_sysfs *vf = port->vf;

	if (!vf->pf_exists)
		ctl_errors_add(errors, port->src,
			       "PF \"%s\" does not exist in this namespace; name a network device "
			       "that ip link shows",
			       vf->name.pf);
	else if (!vf->pf_has_sriov)
		ctl_errors_add(errors, port->src,
			       "%s has no SR-IOV; switch it on in the firmware setup, or take the "
			       "whole NIC with pci:%s",
			       vf->name.pf, vf->pf_address[0] != '\0' ? vf->pf_address : "ADDRESS");
	else if (vf->name.index >= vf->n_vfs_max)
		ctl_errors_add(errors, port->src, "%s can have %u VFs; the last one is vf:%s/%u",
			       vf->name.pf, vf->n_vfs_max, vf->name.pf, vf->n_vfs_max - 1);
	else
		return true;
	return false;
}

static void check_iommu(const struct ctl_vf_port *port, struct ctl_errors *errors)
{
	const struct ctl_vf_sysfs *vf = port->vf;

	/* which maps memory through its kernel driver */
	if (ctl_driver_is_bifurcated(vf->driver))
		return;
	if (!vf->has_iommu)
		ctl_errors_add(errors, port->src,
			       "the IOMMU is off, without which no VF can be lent to a process; "
			       "switch it on in the firmware setup and boot with: intel_iommu=on "
			       "iommu=pt");
	else if (vf->n_group_others != 0)
		ctl_errors_add(errors, port->src,
			       "VF %s shares its IOMMU group with %u other device%s, such as %s, "
			       "so that they are not kept apart; put the NIC into a slot whose "
			       "port has ACS: lspci -vv -s %s",
			       vf->address, vf->n_group_others, vf->n_group_others == 1 ? "" : "s",
			       vf->group_other, vf->pf_address);
}

static void check_numa(const struct ctl_vf_port *port, struct ctl_errors *notes)
{
	const struct ctl_vf_sysfs *vf = port->vf;
	unsigned core = port->router->config.core;

	if (vf->numa_node < 0 || vf->numa_cores[0] == '\0' ||
	    ctl_cpu_list_has(vf->numa_cores, core))
		return;
	ctl_errors_add(notes, port->src,
		       "core %u is not on NUMA node %d of %s, so that every packet crosses between "
		       "nodes; use one of the cores %s",
		       core, vf->numa_node, vf->name.pf, vf->numa_cores);
}

static void check_number(const struct ctl_vf_port *port, struct ctl_errors *errors)
{
	const struct ctl_vf_sysfs *vf = port->vf;

	ctl_errors_add(errors, port->src,
		       "VF %u of %s does not exist, there %s %u; %srun: echo %u > "
		       "/sys/class/net/%s/device/sriov_numvfs",
		       vf->name.index, vf->name.pf, vf->n_vfs == 1 ? "is" : "are", vf->n_vfs,
		       vf->n_vfs == 0 ? "" : "free them, write 0 there, then ", vf->name.index + 1,
		       vf->name.pf);
}

static void check_driver(const struct ctl_vf_port *port, struct ctl_errors *errors)
{
	const struct ctl_vf_sysfs *vf = port->vf;

	if (ctl_driver_is_bifurcated(vf->driver))
		return;
	if (!vf->vfio_loaded)
		ctl_errors_add(errors, port->src,
			       "the driver vfio-pci is not loaded; run: modprobe vfio-pci");
	if (strcmp(vf->driver, CTL_VFIO_DRIVER) != 0)
		ctl_errors_add(errors, port->src,
			       "VF %u of %s is bound to %s and not to vfio-pci; run: "
			       "dpdk-devbind.py -b vfio-pci %s",
			       vf->name.index, vf->name.pf,
			       vf->driver[0] != '\0' ? vf->driver : "no driver", vf->address);
}

static void check_pf_state(const struct ctl_vf_port *port, struct ctl_errors *errors,
			   struct ctl_errors *notes)
{
	const struct ctl_vf_sysfs *vf = port->vf;
	unsigned mtu = port->router->config.ports[port->port].mtu;

	if (!vf->pf_up)
		ctl_errors_add(notes, port->src,
			       "PF %s is down, and so are its VFs; run: ip link set %s up",
			       vf->name.pf, vf->name.pf);
	if (vf->pf_mtu < mtu)
		ctl_errors_add(errors, port->src,
			       "PF %s has mtu %u, less than the port's %u; lower the port's mtu or "
			       "run: ip link set %s mtu %u",
			       vf->name.pf, vf->pf_mtu, mtu, vf->name.pf, mtu);
}

/* Without trust a VF gets few groups or none, by NIC: no hello of OSPF, no neighbour discovery. */
static void check_trust(const struct ctl_vf_port *port, struct ctl_errors *notes)
{
	const struct ctl_vf_name *name = &port->vf->name;

	if (port->router->ports[port->port].vf.at[CTL_VF_TRUST].line != 0 ||
	    (port->state->known & BIT(CTL_VF_SET_TRUST)) == 0 || port->state->trust)
		return;
	ctl_errors_add(notes, port->src,
		       "VF %u of %s is not trusted: most NICs then keep multicast from it, and "
		       "OSPF never comes up; run: ip link set %s vf %u trust on",
		       name->index, name->pf, name->pf, name->index);
}

static void check_settings(const struct ctl_vf_port *port, struct ctl_errors *errors)
{
	const struct ctl_vf_name *name = &port->vf->name;
	struct ctl_vf_state wanted;
	uint32_t differ;

	ctl_vf_state_wanted(port->router, port->port, &wanted);
	differ = ctl_vf_state_compare(&wanted, port->state);
	for (unsigned i = 0; i < CTL_VF_SETTINGS; i++) {
		char is[64], right[64];

		if ((differ & BIT(i)) == 0)
			continue;
		ctl_vf_state_text(port->state, (enum ctl_vf_setting)i, is, sizeof(is));
		ctl_vf_state_text(&wanted, (enum ctl_vf_setting)i, right, sizeof(right));
		ctl_errors_add(errors, port->src,
			       "VF %u of %s has %s; run: ip link set %s vf %u %s", name->index,
			       name->pf, is, name->pf, name->index, right);
	}
}

void ctl_vf_check(const struct ctl_vf_port *port, struct ctl_errors *errors,
		  struct ctl_errors *notes)
{
	if (!check_pf(port, errors))
		return;
	check_iommu(port, errors);
	check_numa(port, notes);
	if (port->router->provision)
		return;
	check_pf_state(port, errors, notes);
	if (!port->vf->exists) {
		check_number(port, errors);
		return;
	}
	check_driver(port, errors);
	check_trust(port, notes);
	check_settings(port, errors);
}
