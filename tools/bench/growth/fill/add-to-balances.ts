/** The end of a statement whose `entry` returns the user and the points of new entries. */
export const ADD_TO_BALANCES = `
  INSERT INTO loyalty.accounts AS account (user_id, balance)
  SELECT user_id, sum(points) FROM entry GROUP BY user_id
  ON CONFLICT (user_id) DO UPDATE SET balance = account.balance + excluded.balance`;
