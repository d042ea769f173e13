#include "control/conf_value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))
#define MBPS 1000000ULL

/* Six pairs of hexadecimal digits; a station's address, so neither a group nor all zeroes. */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	uint8_t any = 0;

	for (unsigned i = 0; i < 6; i++, text += 3) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)strtoul(text, NULL, 16);
		any |= mac[i];
	}
	return any != 0 && (mac[0] & 1) == 0;
}

static bool mac_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_vf *vf = object;

	if (mac_parse(config_setting_get_string(setting), vf->mac))
		return true;
	ctl_value_error(loader, setting, "is no MAC address of a station",
			"write for example \"02:00:00:00:04:01\"");
	return false;
}

static bool spoof_check_set(struct ctl_loader *loader, const config_setting_t *setting,
			    void *object)
{
	(void)loader;
	((struct ctl_conf_vf *)object)->spoof_check = config_setting_get_bool(setting);
	return true;
}

static bool trust_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	(void)loader;
	((struct ctl_conf_vf *)object)->trust = config_setting_get_bool(setting);
	return true;
}

static bool link_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	static const char *const names[] = {
		[CTL_VF_LINK_AUTO] = "auto",
		[CTL_VF_LINK_UP] = "up",
		[CTL_VF_LINK_DOWN] = "down",
	};
	struct ctl_conf_vf *vf = object;

	for (unsigned i = 0; i < N_KEYS(names); i++) {
		if (strcmp(config_setting_get_string(setting), names[i]) != 0)
			continue;
		vf->link = (enum ctl_vf_link)i;
		return true;
	}
	ctl_value_error(loader, setting, "is no link state of a VF",
			"write \"auto\" (as the PF's), \"up\" or \"down\"");
	return false;
}

/* Hardware counts whole Mbit/s. */
static bool rate_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct ctl_conf_vf *vf = object;
	enum rate_unit unit = RATE_BITS_PER_S;
	uint64_t rate_bps = 0;
	int err = ctl_units_rate(config_setting_get_string(setting), &unit, &rate_bps);

	vf->rate_mbps = (uint32_t)(rate_bps / MBPS);
	if (err == 0 && unit == RATE_BITS_PER_S && rate_bps % MBPS == 0 && rate_bps <= RATE_MAX_BPS)
		return true;
	ctl_value_error(loader, setting, "is no transmit rate of a VF",
			"write whole Mbit/s such as \"100M\", or \"0\" for none");
	return false;
}

static const struct ctl_key vf_keys[] = {
	[CTL_VF_MAC] = { "mac", CTL_KEY_STRING, false, "mac = \"02:00:00:00:04:01\";", mac_set },
	[CTL_VF_SPOOF_CHECK] = { "spoof_check", CTL_KEY_BOOL, false, "spoof_check = true;",
				 spoof_check_set },
	[CTL_VF_TRUST] = { "trust", CTL_KEY_BOOL, false, "trust = true;", trust_set },
	[CTL_VF_LINK] = { "link", CTL_KEY_STRING, false, "link = \"auto\";", link_set },
	[CTL_VF_RATE] = { "rate", CTL_KEY_STRING, false, "rate = \"100M\";", rate_set },
};
static const struct ctl_group vf_group = { "vf", vf_keys, N_KEYS(vf_keys) };

void ctl_conf_vf_load(struct ctl_loader *loader, const config_setting_t *setting,
		      struct ctl_conf_vf *vf)
{
	ctl_loader_group(loader, &vf_group, setting, vf, vf->at);
}
