/** What the person may ask for; `auto` takes the fastest provider that agrees with the CPU. */
export const DEVICE_CHOICES = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/** What the self-check found out about one provider. */
export interface ProviderCheck {
  readonly provider: string;
  readonly ok: boolean;
  /** Milliseconds of one product of the self-check, where it ran. */
  readonly milliseconds: number | undefined;
  /** Why it is not used, or how far it is from the CPU. */
  readonly detail: string;
}

/** Which device computes, and why. */
export interface DeviceReport {
  readonly requested: DeviceChoice;
  readonly used: string;
  readonly checks: readonly ProviderCheck[];
  /** Set where the person's wish could not be met. */
  readonly warning: string | undefined;
}

export function isDeviceChoice(text: string): text is DeviceChoice {
  return (DEVICE_CHOICES as readonly string[]).includes(text);
}
