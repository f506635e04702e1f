//! Hashes and the salt: two sites share nothing, days differ, and the secret is its owner's.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use ruview_bfld::signature::{DayEpoch, RfSignature, SaltStore, SaltStoreError, SiteSalt};
use ruview_core::StreamTime;

fn hamming(a: RfSignature, b: RfSignature) -> u32 {
    a.0.iter().zip(b.0).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[test]
fn one_person_at_two_sites_is_two() {
    let day = DayEpoch(20_000);
    let distances: Vec<u32> = (0..100)
        .map(|trial| {
            let person: Vec<f32> = (0..128).map(|n| ((n * 31 + trial) % 17) as f32 / 17.0).collect();
            let [here, there] = [SiteSalt::random().unwrap(), SiteSalt::random().unwrap()];
            assert_eq!(here.signature(day, &person), here.signature(day, &person));
            hamming(here.signature(day, &person), there.signature(day, &person))
        })
        .collect();
    let mean = f64::from(distances.iter().sum::<u32>()) / 100.0;
    // 256 fair coins have a standard deviation of 8, their mean over 100 trials one of 0.8.
    assert!((mean - 128.0).abs() < 5.0, "{mean}");
    assert!(distances.iter().all(|distance| *distance >= 90), "{distances:?}");
}

#[test]
fn one_person_on_two_days_is_two() {
    let salt = SiteSalt::random().unwrap();
    let on = |seconds: i64| salt.signature(DayEpoch::of(StreamTime::from_micros(seconds * 1_000_000)), &[0.5; 8]);
    assert_eq!(on(86_400), on(2 * 86_400 - 1));
    assert!(hamming(on(86_400), on(2 * 86_400)) >= 90);
}

#[test]
fn salt_is_kept_and_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site_salt");
    let hash = |store: &SaltStore| store.salt().signature(DayEpoch(1), &[1.0]);

    let mut store = SaltStore::open(&path).unwrap();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(), fs::read(&path).unwrap().len()), (0o600, 32));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(hash(&SaltStore::open(&path).unwrap()), hash(&store));
    assert_eq!(mode(), 0o600);

    let before = hash(&store);
    store.rotate().unwrap();
    assert_ne!(hash(&store), before);
    assert_eq!(hash(&SaltStore::open(&path).unwrap()), hash(&store));
    assert_eq!((mode(), fs::read_dir(folder.path()).unwrap().count()), (0o600, 1));
}

#[test]
fn a_damaged_salt_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site_salt");
    for octets in [&[][..], &[1; 31], &[1; 40]] {
        fs::write(&path, octets).unwrap();
        assert!(matches!(SaltStore::open(&path), Err(SaltStoreError::Length { .. })));
        assert_eq!(fs::read(&path).unwrap(), octets);
    }
    let missing = folder.path().join("no/such/folder");
    assert!(matches!(SaltStore::open(missing), Err(SaltStoreError::File { .. })));
}
