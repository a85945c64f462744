#ifndef _SYS_SYSINFO_H
#define _SYS_SYSINFO_H

#ifdef __cplusplus
extern "C" {
#endif

struct sysinfo {
  long uptime;            /* seconds since boot */
  unsigned long loads[3]; /* of 1, 5 and 15 minutes, in 1/65536 */
  unsigned long totalram, freeram, sharedram, bufferram, totalswap, freeswap;
  unsigned short procs, pad;
  unsigned long totalhigh, freehigh;
  unsigned mem_unit; /* the memory sizes count so many bytes */
};

int sysinfo(struct sysinfo *out);

#ifdef __cplusplus
}
#endif
#endif
