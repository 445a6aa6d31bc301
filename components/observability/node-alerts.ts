import { SERVICE_LABELS, type AlertRule } from "./rules.ts";
import { ALERT_THRESHOLDS, minutes } from "./settings.ts";

const T = ALERT_THRESHOLDS;
const NODE = "Node {{ $labels.node }}";
const PERCENT = "{{ $value | humanizePercentage }}";

/** Alerts about the nodes, from node_exporter. */
export function nodeAlerts(): AlertRule[] {
  return [
    {
      alert: "NodeDiskFilling",
      expr: `max by (${SERVICE_LABELS}, node) (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes) > ${T.diskRatio}`,
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `${NODE} has a disk that is ${PERCENT} full`,
        description: `On node {{ $labels.node }} the disk of pods or of images has been over ${T.diskRatio * 100} % full for ${T.saturationMinutes} minutes. A little later the kubelet evicts pods. Remove what nobody needs, or make the disk larger.`,
      },
    },
    {
      alert: "NodeMemoryNearLimit",
      expr: `max by (${SERVICE_LABELS}, node) (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > ${T.saturationRatio}`,
      for: minutes(T.saturationMinutes),
      labels: { severity: "warning" },
      annotations: {
        summary: `${NODE} has ${PERCENT} of its memory in use`,
        description: `Node {{ $labels.node }} has been short of memory for ${T.saturationMinutes} minutes: the kernel or the kubelet ends pods next, whatever their own limits say. Move pods, or add a node.`,
      },
    },
  ];
}
