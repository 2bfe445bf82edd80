/** The AUTH_JWT_SECRET of the committed `.env`. Everyone can sign a token with it. */
export const DEMO_AUTH_SECRET = 'demo-jwt-secret-of-at-least-32-bytes';

/**
 * Whether the console signs in demo users and offers faults. Both settings must say so: the switch,
 * and a secret with which anyone could sign a token anyway. A missing NODE_ENV never suffices.
 */
export const isDemo = (config: { DEMO_CONTROLS: boolean; AUTH_JWT_SECRET: string }): boolean =>
  config.DEMO_CONTROLS && config.AUTH_JWT_SECRET === DEMO_AUTH_SECRET;
