/** A wait for the next change of something that reports its changes. One wait at a time. */
export class Changes {
  private onChange: () => void = () => undefined;

  report(): void {
    this.onChange();
  }

  /** Resolves with the next change, or when the time is over. */
  async next(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onChange = resolve;
      timer = setTimeout(resolve, withinMs);
    });
    clearTimeout(timer);
  }
}
