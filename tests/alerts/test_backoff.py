from monitor.alerts.backoff import next_delay


def test_waits_double_and_stop_growing_at_a_quarter_of_an_hour():
    waits = [next_delay(attempt) for attempt in range(1, 200)]
    assert waits == sorted(waits)
    assert waits[:3] == [15, 30, 60]
    assert waits[-1] == 900


def test_a_receiver_that_names_its_wait_is_believed_where_it_asks_for_longer():
    assert next_delay(1, retry_after=120) == 120
    assert next_delay(1, retry_after=1) == 15
    assert next_delay(1, retry_after=1e9) == 86_400
