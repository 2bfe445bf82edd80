export interface PaymentBody {
  id: string;
  status: string;
  completedAt: string | null;
}

export const paymentOf = async (response: Response): Promise<PaymentBody> =>
  (await response.json()) as PaymentBody;

export interface ProblemBody {
  type: string;
  detail: string;
  declineCode?: string;
  errors?: { pointer: string; detail: string }[];
}

/** The stable code at the end of a problem's type URI. */
export async function problemOf(response: Response): Promise<ProblemBody & { code: string }> {
  const body = (await response.json()) as ProblemBody;
  return { ...body, code: body.type.split('/').at(-1) ?? '' };
}
