/** What a gate was made with. */
export interface GateSpec {
  readonly maxClosedMs: number;
  readonly maxWaiters: number;
  readonly rampMs: number;
  readonly probeTimeoutMs: number;
  /** What `random` says, always. */
  readonly chance: number;
  readonly mode: 'enforce' | 'observe';
}

interface InLine {
  readonly id: number;
  readonly deadlineAt: number;
  /** There was no room for it. */
  readonly crowded: boolean;
  /** And that is sure: it cannot wait. */
  readonly mustGo: boolean;
  slackMs: number;
}

const LATE_MS = 50;

/**
 * What a gate must never do, and what it must have done by now. It is told what happens, and writes down what was `broken`.
 * Its instants are those of a clock that nobody sets; one whose clock was set may be early or late by as much, and no more.
 */
export class GateModel {
  readonly broken: string[] = [];
  readonly told: string[] = [];
  readonly line: InLine[] = [];
  /** `unsure`: its clock was set, or another was told something; what it makes of that is its own matter until it is closed anew. */
  phase: 'open' | 'closed' | 'probe' | 'ramp' | 'unsure' = 'open';
  /** The instant that the service has named. */
  until = -Infinity;
  /** When somebody may try whether it is over. */
  probeAt = -Infinity;
  /** What another was told. */
  #elsewhere = -Infinity;
  /** Until when it may be closed by that: one that is too far away is cut when it is looked at. */
  #elsewhereAtMost = -Infinity;
  readonly #spec: GateSpec;
  /** Since when it is not open, and how many calls have come since. */
  #held = { at: 0, came: 0, isSure: true };
  #closedAt = 0;
  /** The last is under way, the others were given up. */
  #probes: number[] = [];
  #probeSentAt = 0;
  #ramp = { at: 0, stepMs: 0, sent: 0, lastAt: -Infinity };
  #slackMs = 0;

  constructor(spec: GateSpec) {
    this.#spec = spec;
  }

  arrives(id: number, now: number, deadlineAt: number, reserved: boolean): void {
    this.#passes(now);
    if (this.phase !== 'open') this.#held.came += 1;
    const most = this.#spec.maxWaiters + (this.phase === 'ramp' ? 32 : 0);
    const isItsTurn = this.line.length === 0 && this.turn() + this.#slackMs <= now;
    const hasRoom = reserved || isItsTurn || this.line.length < most;
    this.line.push({
      id,
      deadlineAt,
      crowded: !hasRoom,
      mustGo: !hasRoom && this.#held.isSure && this.phase !== 'unsure',
      slackMs: 0,
    });
  }

  sent(id: number, now: number): void {
    const place = this.line.findIndex((one) => one.id === id);
    const before = this.line.slice(0, Math.max(0, place)).filter((one) => one.deadlineAt - one.slackMs > now);
    const one = this.#leaves(id);
    if (one === undefined || before.length > 0) this.broken.push(`${id} was sent out of turn`);
    else if (now < this.#elsewhere) this.broken.push(`${id} was sent before what another was told`);
    else if (now >= one.deadlineAt + one.slackMs) this.broken.push(`${id} was sent after its deadline`);
    const { at, stepMs, sent } = this.#ramp;
    // A turn that came late is caught up with, a little.
    const turn = this.phase === 'ramp' ? Math.max(at + sent * stepMs, this.turn() - LATE_MS) : this.turn();
    const earlyMs = turn - this.#slackMs - now;
    const isSure = this.phase === 'ramp' ? this.#held.isSure : this.phase !== 'unsure';
    if (earlyMs > 1e-3 && isSure) this.broken.push(`${id} came ${earlyMs} ms early (${this.phase})`);
    if (this.phase === 'ramp') this.#ramp = { at, stepMs, sent: sent + 1, lastAt: now };
    if (this.phase !== 'closed' && this.phase !== 'probe') return;
    this.phase = 'probe';
    this.#probes.push(id);
    this.#probeSentAt = now;
  }

  /** An answer that names no instant, or none at all; `tells` whether the service takes calls again. */
  answered(id: number, now: number, tells: boolean): void {
    const isProbe = tells ? this.#probes.includes(id) : this.phase === 'probe' && this.#probes.at(-1) === id;
    // A gate that is not needed any more may not have been looked at since.
    if (isProbe && tells && this.phase === 'open') {
      this.told.push(`(maybe) open at ${now}, ${this.line.length} wait`);
      this.#probes = [];
    }
    if (!isProbe || (this.phase !== 'probe' && this.phase !== 'closed')) return;
    const wasProbing = this.phase === 'probe';
    this.phase = 'closed';
    if (!tells) return;
    // Given up, and nobody has come since: who looks at a gate that is not needed, and when, is its own matter.
    const isOver = !wasProbing && this.#passes(now);
    this.phase = isOver || this.#mayBeBefore(now) ? 'unsure' : 'ramp';
    const waiting = this.line.length;
    const evenly = Math.min(10_000, (now - this.#held.at) / (1.1 * Math.max(1, this.#held.came)));
    const inTime = ((this.line.at(-1)?.deadlineAt ?? Infinity) - now) / (waiting + 1);
    const stepMs = Math.max(Math.min(evenly, inTime), this.#spec.rampMs / (waiting + 1));
    this.#ramp = { at: now, stepMs, sent: 0, lastAt: -Infinity };
    this.told.push(`${isOver ? '(maybe) ' : ''}open at ${now}, ${waiting} wait`);
  }

  closes(now: number, instant: number): void {
    const { maxClosedMs, rampMs, chance, mode } = this.#spec;
    if (mode === 'observe') return;
    this.#passes(now);
    let until = Math.min(instant, now + maxClosedMs);
    if (now < this.#elsewhereAtMost) {
      this.until = Math.max(until, this.#elsewhere);
      this.hears(now, this.until);
      return;
    }
    const isClosed = this.phase === 'closed' && now < this.until;
    if (isClosed && until <= this.until) return;
    if (this.phase === 'unsure') this.#held.isSure = false;
    if (this.phase === 'unsure' && now < this.until) {
      this.until = Math.max(until, this.until);
      return;
    }
    if (this.phase === 'open') this.#held = { at: now, came: 0, isSure: true };
    if (this.#slackMs > 0 && now < this.until + this.#slackMs) {
      until = Math.max(until, this.until);
      this.#slackMs += rampMs;
      this.#held.isSure = false;
    } else if (!isClosed) {
      this.#closedAt = now;
      this.#slackMs = 0;
    }
    this.phase = 'closed';
    this.#probes = [];
    this.until = until;
    this.probeAt = until + chance * Math.max(50, Math.min((until - this.#closedAt) / 10, rampMs));
    const staying = this.line.filter(({ deadlineAt }) => deadlineAt > this.probeAt).length;
    this.told.push(`closed at ${now} until ${until}, ${staying} wait`);
  }

  /** Another gate over the same store was told to leave the service alone. */
  hears(now: number, until: number): void {
    const longest = now + this.#spec.maxClosedMs;
    this.#elsewhere = Math.max(this.#elsewhere, Math.min(until, longest));
    const atMost = until > longest ? longest + this.#spec.maxClosedMs : until;
    this.#elsewhereAtMost = Math.max(this.#elsewhereAtMost, atMost);
    this.phase = 'unsure';
    this.#held.isSure = false;
  }

  /** The store answers no more, or again: each gate is on its own. */
  isAlone(): void {
    // A wait that has begun here goes on.
    this.until = Math.max(this.until, this.#elsewhereAtMost);
    this.#elsewhere = this.#elsewhereAtMost = -Infinity;
    this.phase = 'unsure';
    this.#held.isSure = false;
  }

  /** Refused, with an instant: the service's, or where that has passed, one at which it should be open again. */
  refused(id: number, now: number, until: number): void {
    const { at, stepMs, lastAt } = this.#ramp;
    const place = this.line.findIndex((one) => one.id === id);
    const one = this.#leaves(id);
    const comesOut = Math.max(at, lastAt) + stepMs * (place + 1);
    const turn = this.phase === 'closed' ? this.probeAt : this.phase === 'ramp' ? comesOut : now;
    const isLate = one !== undefined && one.deadlineAt - one.slackMs <= Math.max(now, turn) + this.#slackMs;
    const isFair = one?.crowded === true || isLate || this.turn() === Infinity;
    if (!isFair) this.broken.push(`${id} was refused for no reason (${this.phase})`);
    const isBefore = this.phase === 'closed' && now < this.until - this.#slackMs;
    const behind = Math.max(at, lastAt) + stepMs * (this.line.length + 2);
    const ends = Math.max(
      now + this.#spec.rampMs,
      this.phase === 'ramp' ? behind : now,
      this.#slackMs > 0 || this.phase === 'unsure' ? this.until : now,
      // A clock that was set forward has made the steps of the ramp longer.
      this.phase === 'ramp' && !this.#held.isSure ? Infinity : now,
    );
    const [from, to] = isBefore ? [this.until, this.until] : [now, ends];
    const isNamed = until >= from - this.#slackMs && until <= to + this.#slackMs + 1e-3;
    if (!isNamed && (this.phase !== 'unsure' || until < this.#elsewhere))
      this.broken.push(`${id} was told ${until}, and not ${from} to ${to} (${this.phase})`);
  }

  canceled(id: number): void {
    this.#leaves(id);
  }

  /** The gate's clock was set by so many milliseconds. */
  wasSet(byMs: number, now: number): void {
    this.#slackMs += Math.abs(byMs);
    this.#held.isSure = false;
    // What is over may not be over any more.
    if (this.phase === 'open' && this.until > -Infinity) this.phase = 'unsure';
    if (this.phase === 'ramp' && this.#mayBeBefore(now)) this.phase = 'unsure';
    for (const one of this.line) one.slackMs += Math.abs(byMs);
  }

  /** Whoever had to be sent, or refused, has been by now. */
  isQuiet(now: number): void {
    const lateMs = now - this.turn() - this.#slackMs;
    if (this.line.length > 0 && lateMs >= 0)
      this.broken.push(`${this.line[0]?.id} is ${lateMs} ms late (${this.phase})`);
    const last = (this.phase === 'closed' ? this.probeAt : now) - this.#slackMs;
    for (const { id, mustGo, deadlineAt, slackMs } of this.line)
      if (mustGo || deadlineAt + slackMs <= last) this.broken.push(`${id} waits, and cannot (${this.phase})`);
  }

  /** When the first in line must be let out. */
  turn(): number {
    if (this.phase === 'open') return -Infinity;
    if (this.phase === 'unsure' || (this.phase === 'ramp' && !this.#held.isSure)) return Infinity;
    if (this.phase === 'closed') return this.probeAt;
    return this.phase === 'probe'
      ? this.#probeSentAt + this.#spec.probeTimeoutMs
      : this.#ramp.lastAt + this.#ramp.stepMs;
  }

  /** By a clock that was set back the instant lies ahead again: the gate closes anew, and waits for another probe. */
  #mayBeBefore(now: number): boolean {
    return this.#slackMs > 0 && now < this.until + this.#slackMs;
  }

  #leaves(id: number): InLine | undefined {
    const place = this.line.findIndex((one) => one.id === id);
    return place < 0 ? undefined : this.line.splice(place, 1)[0];
  }

  /** A ramp that is over, and an instant that has long passed while nobody waited, are forgotten. */
  #passes(now: number): boolean {
    if (this.line.length > 0 || (this.phase !== 'ramp' && this.phase !== 'closed')) return false;
    const since = this.phase === 'ramp' ? this.#ramp.at : this.until + 1;
    const overAt = since + this.#spec.rampMs;
    if (now < overAt - this.#slackMs) return false;
    this.phase = now >= overAt + this.#slackMs ? 'open' : 'unsure';
    return true;
  }
}
